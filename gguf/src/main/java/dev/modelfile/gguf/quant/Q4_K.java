package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q4_K: 256 elements in 144 bytes, `d f16; dmin f16; scales[12]; qs[128]`.
///
/// Eight groups of 32, each with a 6-bit scale and a 6-bit minimum ([SixBitScales]). Each 64 elements take 32 bytes of
/// `qs`: low nibbles are the first group, high nibbles the second. A value is `(d * scale) * q - dmin * minimum`.
public final class Q4_K implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 144;
    private static final int DMIN = 2;
    private static final int SCALES = 4;
    private static final int QS = 16;

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
                int q = p + QS + 32 * pair;
                int y = o + 64 * pair;
                for (int l = 0; l < 32; l++) {
                    values[y + l] = d1 * (blocks[q + l] & 15) - m1;
                    values[y + 32 + l] = d2 * (blocks[q + l] >> 4 & 15) - m2;
                }
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        AffineSuperBlock block = new AffineSuperBlock(
                15,
                importance == null
                        ? new AffineSearch(32, 15, -1f, 0.1f, 20, false)
                        : AffineSearch.withImportance(32, 15));
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            if (importance == null) {
                block.fit(values, from + i, blocks, p);
            } else {
                block.fitWeighted(values, from + i, importance, i, 255, blocks, p);
            }
            pack(block.code, blocks, p);
        }
    }

    /// Stores the codes of a block.
    public static void pack(int[] code, byte[] blocks, int p) {
        for (int l = 0; l < 128; l++) {
            int low = l / 32 * 64 + l % 32;
            blocks[p + QS + l] = (byte) (code[low] | code[low + 32] << 4);
        }
    }
}
