package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q5_0;
import dev.modelfile.gguf.quant.Weights;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [Q5_0].
final class VectorQ5_0 extends VectorCodec {

    VectorQ5_0(Q5_0 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 22, o += 32) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p));
        long clear = ~Bytes.i32(blocks, p + 2);
        for (int j = 0; j < 16; j += Lanes.W) {
            ByteVector q = Codes.load(blocks, p + 6 + j);
            Codes.scale(Codes.minus(Codes.low(q), 16, clear >> j), d, values, o + j);
            Codes.scale(Codes.minus(Codes.high(q), 16, clear >> 16 + j), d, values, o + 16 + j);
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
        int[] code = new int[32];
        for (int p = 0, o = from; p < blocks.length; p += 22, o += 32) {
            float d = Magnitudes.signedMax(values, o, 32) / -16;
            Bytes.putHalf(blocks, p, d);
            Rounder.codes(values, o, 0f, d != 0 ? 1f / d : 0f, 16.5f, 31, code);
            Q5_0.pack(code, blocks, p + 2);
        }
    }

    private static void encodeWeighted(float[] values, int from, int elements, float[] importance, byte[] blocks) {
        float[] sigma2 = {Weights.sumOfSquares(values, from, elements) / elements};
        SymmetricRow row = new SymmetricRow(32, 16, elements);
        row.fitWeighted(values, from, elements, importance, sigma2, elements / 32);
        int[] code = new int[32];
        for (int b = 0; b < elements / 32; b++) {
            Bytes.putHalf(blocks, 22 * b, row.scale[b]);
            row.searched(b, values, from + 32 * b, code, 0);
            Q5_0.pack(code, blocks, 22 * b + 2);
        }
    }
}
