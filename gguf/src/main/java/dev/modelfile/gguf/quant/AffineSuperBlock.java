package dev.modelfile.gguf.quant;

/// What Q4_K and Q5_K have in common: eight groups of 32 with 6-bit scales and minima, stored from the beginning of the
/// block as `d f16; dmin f16; scales[12]`.
///
/// One object serves one row.
final class AffineSuperBlock {

    static final int ELEMENTS = 256;
    static final int SCALES = 4;
    private static final int DMIN = 2;

    private final int levels;
    private final AffineSearch search;
    private final float[] scale = new float[8];
    private final float[] min = new float[8];
    private final float[] groupWeight = new float[8];
    private final int[] scaleCode = new int[8];
    private final int[] minCode = new int[8];

    /// The codes of the block that was fitted last, 0 to `levels`.
    final int[] code = new int[ELEMENTS];

    AffineSuperBlock(int levels, AffineSearch search) {
        this.levels = levels;
        this.search = search;
    }

    /// Fits a block without an importance matrix.
    void fit(float[] x, int o, byte[] blocks, int p) {
        float maxScale = 0;
        float maxMin = 0;
        for (int j = 0; j < 8; j++) {
            int group = o + 32 * j;
            float mean = (float) Math.sqrt(Weights.sumOfSquares(x, group, 32) / 32);
            for (int l = 0; l < 32; l++) {
                search.weight[l] = mean + Math.abs(x[group + l]);
            }
            scale[j] = search.fit(x, group, code, 32 * j);
            min[j] = search.offset;
            maxScale = scale[j] > maxScale ? scale[j] : maxScale;
            maxMin = min[j] > maxMin ? min[j] : maxMin;
        }
        float inverse = maxScale > 0 ? 63f / maxScale : 0f;
        float inverseMin = maxMin > 0 ? 63f / maxMin : 0f;
        for (int j = 0; j < 8; j++) {
            int s = Math.min(63, Rounding.nearest(inverse * scale[j]) & 0xFF);
            int m = Math.min(63, Rounding.nearest(inverseMin * min[j]) & 0xFF);
            SixBitScales.put(blocks, p + SCALES, j, s, m);
        }
        Bytes.putHalf(blocks, p, maxScale / 63f);
        Bytes.putHalf(blocks, p + DMIN, maxMin / 63f);
        requantise(x, o, blocks, p);
    }

    /// Fits a block with an importance matrix.
    ///
    /// @param limit the largest stored code for a scale or a minimum; matters for codes of negative scales, which wrap
    void fitWeighted(float[] x, int o, float[] importance, int column, int limit, byte[] blocks, int p) {
        float sigma2 = 2 * Weights.sumOfSquares(x, o, ELEMENTS) / ELEMENTS;
        for (int j = 0; j < 8; j++) {
            int group = 32 * j;
            Weights.fill(search.weight, importance, column + group, sigma2, x, o + group, 32);
            groupWeight[j] = Weights.sum(search.weight, 32);
            scale[j] = search.fit(x, o + group, code, group);
            min[j] = search.offset;
        }
        float d = SymmetricSearch.fitPositive(8, 63, scale, scaleCode, groupWeight);
        float dmin = SymmetricSearch.fitPositive(8, 63, min, minCode, groupWeight);
        for (int j = 0; j < 8; j++) {
            SixBitScales.put(blocks, p + SCALES, j, Math.min(limit, scaleCode[j]), Math.min(limit, minCode[j]));
        }
        Bytes.putHalf(blocks, p, d);
        Bytes.putHalf(blocks, p + DMIN, dmin);
        requantise(x, o, blocks, p);
    }

    /// Rounds once more, with the scales as they are stored. Groups of scale 0 keep the codes of the search.
    private void requantise(float[] x, int o, byte[] blocks, int p) {
        float d = Bytes.half(blocks, p);
        float dmin = Bytes.half(blocks, p + DMIN);
        for (int j = 0; j < 8; j++) {
            float dl = d * SixBitScales.scale(blocks, p + SCALES, j);
            if (dl == 0) {
                continue;
            }
            float ml = dmin * SixBitScales.min(blocks, p + SCALES, j);
            for (int l = 32 * j; l < 32 * j + 32; l++) {
                code[l] = Rounding.nearest((x[o + l] + ml) / dl, 0, levels);
            }
        }
    }
}
