package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q3_K;
import jdk.incubator.vector.ByteVector;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [Q3_K].
final class VectorQ3_K extends VectorCodec {

    VectorQ3_K(Q3_K scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 110, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p + 108);
        for (int group = 0; group < 16; group++) {
            float dl = d * Q3_K.scale(blocks, p + 96, group);
            int qs = p + 32 + (group >> 3) * 32 + (group & 1) * 16;
            for (int l = 0; l < 16; l += Lanes.W) {
                ByteVector q =
                        Codes.right(Codes.load(blocks, qs + l), group & 6).and((byte) 3);
                ByteVector h = Codes.right(Codes.load(blocks, p + (group & 1) * 16 + l), group >> 1);
                ByteVector code = q.or(Codes.left(h.and((byte) 1), 2)).sub((byte) 4);
                Codes.scale(code, Lanes.all(dl), values, o + 16 * group + l);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        ScaleRow row = importance == null ? fit(values, from, elements) : fit(values, from, elements, importance);
        int[] code = new int[256];
        var scales = new Q3_K.Scales();
        for (int b = 0; b < elements / 256; b++) {
            int p = 110 * b;
            scales.take(row.scale, row.groupWeight, 16 * b);
            scales.store(importance != null, blocks, p);
            float d = Bytes.half(blocks, p + 108);
            for (int j = 0; j < 16; j++) {
                int o = from + 256 * b + 16 * j;
                row.round(16 * b + j, values, o, d * Q3_K.scale(blocks, p + 96, j), code, 16 * j);
            }
            pack(code, blocks, p);
        }
    }

    private static void pack(int[] code, byte[] blocks, int p) {
        if (Lanes.N == 4) {
            Q3_K.pack(code, blocks, p);
        } else {
            PackedBits.third(code, blocks, p);
            PackedBits.two(code, blocks, p + 32);
        }
    }

    private static ScaleRow fit(float[] values, int from, int elements) {
        DescentRow row = new DescentRow(16, 4, elements);
        row.fit(values, from, elements);
        return row;
    }

    private static ScaleRow fit(float[] values, int from, int elements, float[] importance) {
        float[] sigma2 = BlockSums.squares(values, from, elements);
        for (int b = 0; b < sigma2.length; b++) {
            sigma2[b] = 2 * sigma2[b] / 256;
        }
        SymmetricRow row = new SymmetricRow(16, 4, elements);
        row.fitWeighted(values, from, elements, importance, sigma2, 16);
        return row;
    }
}
