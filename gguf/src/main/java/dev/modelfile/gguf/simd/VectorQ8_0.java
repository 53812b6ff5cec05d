package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q8_0;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [Q8_0].
final class VectorQ8_0 extends VectorCodec {

    VectorQ8_0(Q8_0 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 34, o += 32) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p));
        for (int j = 0; j < 32; j += Lanes.W) {
            Codes.scale(Codes.load(blocks, p + 2 + j), d, values, o + j);
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        if (Lanes.N == 4) {
            super.encode(values, from, elements, importance, blocks);
            return;
        }
        for (int p = 0, o = from; p < blocks.length; p += 34, o += 32) {
            float d = Float.intBitsToFloat(Magnitudes.bits(values, o, 32)) / 127;
            float id = d != 0 ? 1f / d : 0f;
            Bytes.putHalf(blocks, p, d);
            // As the scalar encoder: a scale too small to have an inverse gives zeros.
            Rounder.bytes(values, o, id <= Float.MAX_VALUE ? id : 0f, blocks, p + 2);
        }
    }
}
