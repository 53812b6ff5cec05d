/// Writing: what is left behind, and when.
@NullMarked
package dev.modelfile.internal;

import org.jspecify.annotations.NullMarked;
