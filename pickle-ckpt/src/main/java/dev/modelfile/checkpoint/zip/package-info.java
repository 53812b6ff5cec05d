/// Zip archives as their central directory describes them, and what contradicts it.
@NullMarked
package dev.modelfile.checkpoint.zip;

import org.jspecify.annotations.NullMarked;
