package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q2_K: 256 elements in 84 bytes, `scales[16]; qs[64]; d f16; dmin f16`.
///
/// Sixteen groups of 16, each with a 4-bit scale (low nibble) and a 4-bit minimum (high nibble). Each half of 128
/// elements takes 32 bytes of `qs`: byte l holds elements l, l+32, l+64, l+96 in two bits each, lowest first. A value
/// is `(d * scale) * q - dmin * minimum`.
public final class Q2_K implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 84;
    private static final int QS = 16;
    private static final int D = 80;
    private static final int DMIN = 82;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p + D);
            float dmin = Bytes.half(blocks, p + DMIN);
            for (int part = 0; part < 4; part++) {
                int s = p + (part >> 1) * 8 + (part & 1);
                float d0 = d * (blocks[s] & 15);
                float d1 = d * (blocks[s + 2] & 15);
                float d2 = d * (blocks[s + 4] & 15);
                float d3 = d * (blocks[s + 6] & 15);
                float m0 = dmin * (blocks[s] >> 4 & 15);
                float m1 = dmin * (blocks[s + 2] >> 4 & 15);
                float m2 = dmin * (blocks[s + 4] >> 4 & 15);
                float m3 = dmin * (blocks[s + 6] >> 4 & 15);
                int qs = p + QS + part * 16;
                int y = o + (part >> 1) * 128 + (part & 1) * 16;
                for (int l = 0; l < 16; l++) {
                    int q = blocks[qs + l];
                    values[y + l] = d0 * (q & 3) - m0;
                    values[y + 32 + l] = d1 * (q >> 2 & 3) - m1;
                    values[y + 64 + l] = d2 * (q >> 4 & 3) - m2;
                    values[y + 96 + l] = d3 * (q >> 6 & 3) - m3;
                }
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        Row row = importance == null
                ? new Row(new AffineSearch(16, 3, -0.5f, 0.1f, 15, true))
                : new Row(AffineSearch.withImportance(16, 3));
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            if (importance == null) {
                row.fit(values, from + i);
            } else {
                row.fitWeighted(values, from + i, importance, i);
            }
            row.scales.store(importance != null, blocks, p);
            row.requantise(values, from + i, blocks, p);
            TwoBits.pack(row.code, blocks, p + QS);
        }
    }

    /// The scales and minima of one block, and how they are stored.
    public static final class Scales {
        final float[] scale = new float[16];
        final float[] min = new float[16];
        final float[] groupWeight = new float[16];
        private final int[] scaleCode = new int[16];
        private final int[] minCode = new int[16];

        /// Takes the sixteen groups from `group` on.
        public void take(float[] scales, float[] mins, float[] weights, int group) {
            System.arraycopy(scales, group, scale, 0, 16);
            System.arraycopy(mins, group, min, 0, 16);
            System.arraycopy(weights, group, groupWeight, 0, 16);
        }

        /// Stores them with `d` and `dmin`; the weights of the groups count if there is an importance matrix.
        public void store(boolean weighted, byte[] blocks, int p) {
            if (weighted) {
                storeWeighted(blocks, p);
                return;
            }
            float maxScale = 0;
            float maxMin = 0;
            for (int j = 0; j < 16; j++) {
                maxScale = scale[j] > maxScale ? scale[j] : maxScale;
                maxMin = min[j] > maxMin ? min[j] : maxMin;
            }
            float inverse = 15f / maxScale;
            float inverseMin = 15f / maxMin;
            for (int j = 0; j < 16; j++) {
                int s = maxScale > 0 ? Rounding.nearest(inverse * scale[j]) : 0;
                int m = maxMin > 0 ? Rounding.nearest(inverseMin * min[j]) : 0;
                blocks[p + j] = (byte) (s | m << 4);
            }
            Bytes.putHalf(blocks, p + D, maxScale > 0 ? maxScale / 15f : 0f);
            Bytes.putHalf(blocks, p + DMIN, maxMin > 0 ? maxMin / 15f : 0f);
        }

        private void storeWeighted(byte[] blocks, int p) {
            Bytes.putHalf(blocks, p + D, SymmetricSearch.fitPositive(16, 15, scale, scaleCode, groupWeight));
            Bytes.putHalf(blocks, p + DMIN, SymmetricSearch.fitPositive(16, 15, min, minCode, groupWeight));
            for (int j = 0; j < 16; j++) {
                blocks[p + j] = (byte) (scaleCode[j] | minCode[j] << 4);
            }
        }
    }

    /// The scratch of one row.
    private static final class Row {
        final AffineSearch search;
        final int[] code = new int[ELEMENTS];
        final Scales scales = new Scales();

        Row(AffineSearch search) {
            this.search = search;
        }

        void fit(float[] x, int o) {
            for (int j = 0; j < 16; j++) {
                for (int l = 0; l < 16; l++) {
                    search.weight[l] = Math.abs(x[o + 16 * j + l]);
                }
                scales.scale[j] = search.fit(x, o + 16 * j, code, 16 * j);
                scales.min[j] = search.offset;
            }
        }

        void fitWeighted(float[] x, int o, float[] importance, int column) {
            float sigma2 = Weights.sumOfSquares(x, o, ELEMENTS) / ELEMENTS;
            for (int j = 0; j < 16; j++) {
                Weights.fill(search.weight, importance, column + 16 * j, sigma2, x, o + 16 * j, 16);
                scales.groupWeight[j] = Weights.sum(search.weight, 16);
                scales.scale[j] = search.fit(x, o + 16 * j, code, 16 * j);
                scales.min[j] = search.offset;
            }
        }

        /// Rounds once more, with the scales as they are stored. Groups of scale 0 keep the codes of the search.
        void requantise(float[] x, int o, byte[] blocks, int p) {
            float d = Bytes.half(blocks, p + D);
            float dmin = Bytes.half(blocks, p + DMIN);
            for (int j = 0; j < 16; j++) {
                float dl = d * (blocks[p + j] & 15);
                if (dl == 0) {
                    continue;
                }
                float ml = dmin * (blocks[p + j] >> 4 & 15);
                for (int l = 16 * j; l < 16 * j + 16; l++) {
                    code[l] = Rounding.nearest((x[o + l] + ml) / dl, 0, 3);
                }
            }
        }
    }
}
