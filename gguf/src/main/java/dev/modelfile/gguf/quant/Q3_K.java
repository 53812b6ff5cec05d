package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q3_K: 256 elements in 110 bytes, `hmask[32]; qs[64]; scales[12]; d f16`.
///
/// Sixteen groups of 16, each with a 6-bit scale. Two bits of each code are in `qs`, ordered as in [Q2_K]; the third
/// is bit (i / 32) of `hmask[i % 32]`. A value is `(d * (scale - 32)) * (code - 4)`.
public final class Q3_K implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 110;
    private static final int QS = 32;
    private static final int SCALES = 96;
    private static final int D = 108;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p + D);
            for (int part = 0; part < 4; part++) {
                int group = (part >> 1) * 8 + (part & 1);
                float d0 = d * scale(blocks, p + SCALES, group);
                float d1 = d * scale(blocks, p + SCALES, group + 2);
                float d2 = d * scale(blocks, p + SCALES, group + 4);
                float d3 = d * scale(blocks, p + SCALES, group + 6);
                int mask = p + (part & 1) * 16;
                int shift = (part >> 1) * 4;
                int qs = p + QS + part * 16;
                int y = o + group * 16;
                for (int l = 0; l < 16; l++) {
                    int q = blocks[qs + l];
                    int h = blocks[mask + l] >> shift;
                    values[y + l] = d0 * ((q & 3 | (h & 1) << 2) - 4);
                    values[y + 32 + l] = d1 * ((q >> 2 & 3 | (h & 2) << 1) - 4);
                    values[y + 64 + l] = d2 * ((q >> 4 & 3 | h & 4) - 4);
                    values[y + 96 + l] = d3 * ((q >> 6 & 3 | (h & 8) >> 1) - 4);
                }
            }
        }
    }

    /// The signed scale of a group: the low four bits are nibbles of the first eight bytes, low nibbles first, the
    /// high two bits are in the last four bytes, two bits per group of four.
    public static int scale(byte[] blocks, int at, int group) {
        int low = blocks[at + (group & 7)] >> (group >> 3) * 4 & 15;
        int high = blocks[at + 8 + (group & 3)] >> (group >> 2) * 2 & 3;
        return (low | high << 4) - 32;
    }

    private static void putScale(byte[] blocks, int at, int group, int code) {
        blocks[at + (group & 7)] |= (byte) ((code & 15) << (group >> 3) * 4);
        blocks[at + 8 + (group & 3)] |= (byte) (code >> 4 << (group >> 2) * 2);
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        int[] code = new int[ELEMENTS];
        float[] weight = new float[16];
        Scales scales = new Scales();
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            int o = from + i;
            float sigma2 = importance == null ? 0 : 2 * Weights.sumOfSquares(values, o, ELEMENTS) / ELEMENTS;
            for (int j = 0; j < 16; j++) {
                int group = o + 16 * j;
                if (importance == null) {
                    scales.scale[j] = SymmetricSearch.descend(16, 4, values, group, code, 16 * j);
                    continue;
                }
                Weights.fill(weight, importance, i + 16 * j, sigma2, values, group, 16);
                scales.groupWeight[j] = Weights.sum(weight, 16);
                scales.scale[j] = SymmetricSearch.fit(16, 4, values, group, code, 16 * j, weight, 0);
            }
            scales.store(importance != null, blocks, p);
            requantise(values, o, code, blocks, p);
            pack(code, blocks, p);
        }
    }

    /// The scales of one block, and how they are stored.
    public static final class Scales {
        final float[] scale = new float[16];
        final float[] groupWeight = new float[16];
        private final int[] code = new int[16];

        /// Takes the sixteen groups from `group` on.
        public void take(float[] scales, float[] weights, int group) {
            System.arraycopy(scales, group, scale, 0, 16);
            System.arraycopy(weights, group, groupWeight, 0, 16);
        }

        /// Stores them with their `d`; the weights of the groups count if there is an importance matrix.
        public void store(boolean weighted, byte[] blocks, int p) {
            if (weighted) {
                float d = SymmetricSearch.fit(16, 32, scale, 0, code, 0, groupWeight, 0);
                for (int j = 0; j < 16; j++) {
                    putScale(blocks, p + SCALES, j, code[j]);
                }
                Bytes.putHalf(blocks, p + D, d);
                return;
            }
            float max = Extremes.signedMax(scale, 0, 16);
            if (max == 0) {
                return;
            }
            float inverse = -32f / max;
            for (int j = 0; j < 16; j++) {
                int l = (byte) Rounding.nearest(inverse * scale[j]);
                putScale(blocks, p + SCALES, j, Math.clamp(l, -32, 31) + 32);
            }
            Bytes.putHalf(blocks, p + D, 1 / inverse);
        }
    }

    /// Rounds once more, with the scales as they are stored. Groups of scale 0 keep the codes of the search.
    private static void requantise(float[] x, int o, int[] code, byte[] blocks, int p) {
        float d = Bytes.half(blocks, p + D);
        for (int j = 0; j < 16; j++) {
            float dl = d * scale(blocks, p + SCALES, j);
            if (dl == 0) {
                continue;
            }
            for (int l = 16 * j; l < 16 * j + 16; l++) {
                code[l] = Rounding.nearest(x[o + l] / dl, -4, 3) + 4;
            }
        }
    }

    /// Stores the codes of a block.
    public static void pack(int[] code, byte[] blocks, int p) {
        for (int j = 0; j < ELEMENTS; j++) {
            blocks[p + j % 32] |= (byte) (code[j] >> 2 << j / 32);
            code[j] &= 3;
        }
        TwoBits.pack(code, blocks, p + QS);
    }
}
