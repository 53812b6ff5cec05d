/// The block codecs of ggml, one file per type: the layout of a block, how it is decoded and how the reference
/// quantiser fills it.
///
/// Results are equal to ggml's, byte for byte and bit for bit, where ggml is compiled without fused multiply-add. That
/// fixes the order of every `float` operation: sums run from the first element to the last, products from left to
/// right, and nothing may be reassociated. Do not tidy an expression here without running the golden tests.
@NullMarked
package dev.modelfile.gguf.quant;

import org.jspecify.annotations.NullMarked;
