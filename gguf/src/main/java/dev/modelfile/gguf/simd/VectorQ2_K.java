package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q2_K;
import dev.modelfile.gguf.quant.TwoBits;
import jdk.incubator.vector.ByteVector;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [Q2_K].
final class VectorQ2_K extends VectorCodec {

    VectorQ2_K(Q2_K scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 84, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p + 80);
        float dmin = Bytes.half(blocks, p + 82);
        for (int group = 0; group < 16; group++) {
            float dl = d * (blocks[p + group] & 15);
            float ml = -(dmin * (blocks[p + group] >> 4 & 15));
            int qs = p + 16 + (group >> 3) * 32 + (group & 1) * 16;
            for (int l = 0; l < 16; l += Lanes.W) {
                ByteVector q =
                        Codes.right(Codes.load(blocks, qs + l), group & 6).and((byte) 3);
                Codes.scale(q, Lanes.all(dl), Lanes.all(ml), values, o + 16 * group + l);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        AffineRow row;
        if (importance == null) {
            row = new AffineRow(16, 3, elements, -0.5f, 0.1f, 15, true);
            row.fit(values, from, elements, false);
        } else {
            row = AffineRow.withImportance(16, 3, elements);
            float[] sigma2 = BlockSums.squares(values, from, elements);
            for (int b = 0; b < sigma2.length; b++) {
                sigma2[b] /= 256;
            }
            row.fitWeighted(values, from, elements, importance, sigma2, 16);
        }
        int[] code = new int[256];
        var block = new Q2_K.Scales();
        for (int b = 0; b < elements / 256; b++) {
            int p = 84 * b;
            block.take(row.scale, row.offset, row.groupWeight, 16 * b);
            block.store(importance != null, blocks, p);
            round(row, b, values, from + 256 * b, code, blocks, p);
            if (Lanes.N == 4) {
                TwoBits.pack(code, blocks, p + 16);
            } else {
                PackedBits.two(code, blocks, p + 16);
            }
        }
    }

    private static void round(AffineRow row, int b, float[] x, int o, int[] code, byte[] blocks, int p) {
        float d = Bytes.half(blocks, p + 80);
        float dmin = Bytes.half(blocks, p + 82);
        for (int j = 0; j < 16; j++) {
            float dl = d * (blocks[p + j] & 15);
            float ml = dmin * (blocks[p + j] >> 4 & 15);
            row.round(16 * b + j, x, o + 16 * j, dl, ml, code, 16 * j);
        }
    }
}
