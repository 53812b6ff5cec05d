/// Vector kernels for the block codecs, used where the module `jdk.incubator.vector` is present at run time.
///
/// Every kernel gives the bits of the scalar codec in `dev.modelfile.gguf.quant`, which says what a block holds.
/// Decoders work on consecutive elements. Encoders put groups side by side, one per lane, so that each lane does the
/// scalar search's float operations in the scalar order; for that, products and sums stay separate operations (never
/// `fma`), and `a > b ? a : b` is a compare and a blend (`max` has other rules for zeros and NaN, and is slower).
///
/// Vectors stay inside small methods: what passes from one to the next lies in arrays of one value per lane. A vector
/// that escapes a compiled method becomes an object, and costs more than it saves.
@NullMarked
package dev.modelfile.gguf.simd;

import org.jspecify.annotations.NullMarked;
