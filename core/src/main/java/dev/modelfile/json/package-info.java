/// A strict JSON reader over mapped bytes, for the formats whose files have JSON in them.
@NullMarked
package dev.modelfile.json;

import org.jspecify.annotations.NullMarked;
