/// The ggml element types against ggml's own C library.
@NullMarked
package dev.modelfile.tests.gguf;

import org.jspecify.annotations.NullMarked;
