/// GGUF files and the ggml block types.
@NullMarked
package dev.modelfile.gguf;

import org.jspecify.annotations.NullMarked;
