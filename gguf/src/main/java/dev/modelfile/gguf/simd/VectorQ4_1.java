package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q4_0;
import dev.modelfile.gguf.quant.Q4_1;
import dev.modelfile.gguf.quant.Weights;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [Q4_1].
final class VectorQ4_1 extends VectorCodec {

    VectorQ4_1(Q4_1 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 20, o += 32) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p));
        FloatVector m = Lanes.all(Bytes.half(blocks, p + 2));
        for (int j = 0; j < 16; j += Lanes.W) {
            ByteVector q = Codes.load(blocks, p + 4 + j);
            Codes.scale(Codes.low(q), d, m, values, o + j);
            Codes.scale(Codes.high(q), d, m, values, o + 16 + j);
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        if (importance != null) {
            encodeWeighted(values, from, elements, importance, blocks);
            return;
        }
        if (Lanes.N == 4) {
            super.encode(values, from, elements, null, blocks);
            return;
        }
        for (int p = 0, o = from; p < blocks.length; p += 20, o += 32) {
            float min = Magnitudes.min(values, o, 32);
            float d = (Magnitudes.max(values, o, 32) - min) / 15;
            Bytes.putHalf(blocks, p, d);
            Bytes.putHalf(blocks, p + 2, min);
            Rounder.nibbles(values, o, min, d != 0 ? 1f / d : 0f, 0.5f, 15, blocks, p + 4);
        }
    }

    private static void encodeWeighted(float[] values, int from, int elements, float[] importance, byte[] blocks) {
        float[] sigma2 = {Weights.sumOfSquares(values, from, elements) / elements};
        AffineRow row = AffineRow.withImportance(32, 15, elements);
        row.fitWeighted(values, from, elements, importance, sigma2, elements / 32);
        int[] code = new int[32];
        for (int b = 0; b < elements / 32; b++) {
            Bytes.putHalf(blocks, 20 * b, row.scale[b]);
            Bytes.putHalf(blocks, 20 * b + 2, -row.offset[b]);
            row.searched(b, values, from + 32 * b, code, 0);
            Q4_0.pack(code, blocks, 20 * b + 4);
        }
    }
}
