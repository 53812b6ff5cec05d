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
    private final SuperScales scales = new SuperScales();

    /// The codes of the block that was fitted last, 0 to `levels`.
    final int[] code = new int[ELEMENTS];

    AffineSuperBlock(int levels, AffineSearch search) {
        this.levels = levels;
        this.search = search;
    }

    /// Fits a block without an importance matrix.
    void fit(float[] x, int o, byte[] blocks, int p) {
        for (int j = 0; j < 8; j++) {
            int group = o + 32 * j;
            float mean = (float) Math.sqrt(Weights.sumOfSquares(x, group, 32) / 32);
            for (int l = 0; l < 32; l++) {
                search.weight[l] = mean + Math.abs(x[group + l]);
            }
            scales.scale[j] = search.fit(x, group, code, 32 * j);
            scales.min[j] = search.offset;
        }
        scales.store(blocks, p);
        requantise(x, o, blocks, p);
    }

    /// Fits a block with an importance matrix.
    ///
    /// @param limit the largest stored code for a scale or a minimum
    void fitWeighted(float[] x, int o, float[] importance, int column, int limit, byte[] blocks, int p) {
        float sigma2 = 2 * Weights.sumOfSquares(x, o, ELEMENTS) / ELEMENTS;
        for (int j = 0; j < 8; j++) {
            int group = 32 * j;
            Weights.fill(search.weight, importance, column + group, sigma2, x, o + group, 32);
            scales.groupWeight[j] = Weights.sum(search.weight, 32);
            scales.scale[j] = search.fit(x, o + group, code, group);
            scales.min[j] = search.offset;
        }
        scales.storeWeighted(limit, blocks, p);
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
