/// The ggml element types against ggml's own C library.
@NullMarked
package dev.modelfile.gguf;

import org.jspecify.annotations.NullMarked;
