/// GGUF: files of other programs, broken files, mixes, and the element types against ggml's own C library.
@NullMarked
package dev.modelfile.gguf;

import org.jspecify.annotations.NullMarked;
