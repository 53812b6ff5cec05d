/// GGUF files and the ggml element types they hold.
@NullMarked
package dev.modelfile.gguf;

import org.jspecify.annotations.NullMarked;
