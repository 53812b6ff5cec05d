/// Digests of tensors, as `llama-gguf-hash` computes them.
@NullMarked
package dev.modelfile.gguf.hash;

import org.jspecify.annotations.NullMarked;
