/// Encoding rows of tensors, several at a time.
@NullMarked
package dev.modelfile.gguf.rows;

import org.jspecify.annotations.NullMarked;
