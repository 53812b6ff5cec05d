package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.BlockCodec;
import org.jspecify.annotations.Nullable;

/// A codec with vector kernels for decoding and, where a subclass overrides it, for encoding.
abstract class VectorCodec implements BlockCodec {

    final BlockCodec scalar;

    VectorCodec(BlockCodec scalar) {
        this.scalar = scalar;
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        scalar.encode(values, from, elements, importance, blocks);
    }
}
