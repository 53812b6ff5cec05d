/// Mapped files, and bounds-checked views of them that know where they are.
@NullMarked
package dev.modelfile.io;

import org.jspecify.annotations.NullMarked;
