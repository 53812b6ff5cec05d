package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q5_K: 256 elements in 176 bytes, `d f16; dmin f16; scales[12]; qh[32]; qs[128]`.
///
/// As [Q4_K], with a fifth bit per element: bit g of `qh[l]` belongs to element l of group g.
public final class Q5_K implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 176;
    private static final int DMIN = 2;
    private static final int SCALES = 4;
    private static final int QH = 16;
    private static final int QS = 48;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            float dmin = Bytes.half(blocks, p + DMIN);
            for (int pair = 0; pair < 4; pair++) {
                float d1 = d * SixBitScales.scale(blocks, p + SCALES, 2 * pair);
                float m1 = dmin * SixBitScales.min(blocks, p + SCALES, 2 * pair);
                float d2 = d * SixBitScales.scale(blocks, p + SCALES, 2 * pair + 1);
                float m2 = dmin * SixBitScales.min(blocks, p + SCALES, 2 * pair + 1);
                int h = p + QH;
                int q = p + QS + 32 * pair;
                int y = o + 64 * pair;
                int bit = 2 * pair;
                for (int l = 0; l < 32; l++) {
                    int high = blocks[h + l] >> bit;
                    values[y + l] = d1 * (blocks[q + l] & 15 | (high & 1) << 4) - m1;
                    values[y + 32 + l] = d2 * (blocks[q + l] >> 4 & 15 | (high & 2) << 3) - m2;
                }
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        AffineSuperBlock block = new AffineSuperBlock(
                31,
                importance == null
                        ? new AffineSearch(32, 31, -0.5f, 0.1f, 15, false)
                        : AffineSearch.withImportance(32, 31));
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            if (importance == null) {
                block.fit(values, from + i, blocks, p);
            } else {
                block.fitWeighted(values, from + i, importance, i, 63, blocks, p);
            }
            pack(block.code, blocks, p);
        }
    }

    /// Stores the codes of a block, whose `qh` is zero.
    public static void pack(int[] code, byte[] blocks, int p) {
        for (int l = 0; l < 128; l++) {
            int low = code[l / 32 * 64 + l % 32];
            int high = code[l / 32 * 64 + l % 32 + 32];
            blocks[p + QS + l] = (byte) (low & 15 | (high & 15) << 4);
            blocks[p + QH + l % 32] |= (byte) ((low >> 4 | high >> 4 << 1) << l / 32 * 2);
        }
    }
}
