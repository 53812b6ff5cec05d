package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.SixBitScales;
import dev.modelfile.gguf.quant.SuperScales;
import org.jspecify.annotations.Nullable;

/// What Q4_K and Q5_K have in common, as the scalar `AffineSuperBlock`, for a whole row.
final class AffineSuperRow {

    private static final int ELEMENTS = 256;
    private static final int DMIN = 2;
    private static final int SCALES = 4;

    private final boolean weighted;
    private final int limit;
    private final AffineRow row;
    private final SuperScales scales = new SuperScales();

    /// The codes of the block that was stored last.
    final int[] code = new int[ELEMENTS];

    /// Fits a row.
    ///
    /// @param row for the search without an importance matrix
    /// @param limit the largest stored code for a scale or a minimum, with an importance matrix
    AffineSuperRow(
            AffineRow row, int levels, int limit, float[] x, int from, int elements, float @Nullable [] importance) {
        this.limit = limit;
        this.weighted = importance != null;
        if (importance == null) {
            this.row = row;
            row.fit(x, from, elements, true);
        } else {
            this.row = AffineRow.withImportance(32, levels, elements);
            float[] sigma2 = BlockSums.squares(x, from, elements);
            for (int b = 0; b < sigma2.length; b++) {
                sigma2[b] = 2 * sigma2[b] / ELEMENTS;
            }
            this.row.fitWeighted(x, from, elements, importance, sigma2, 8);
        }
    }

    /// Stores the scales of block `b`, whose values begin at `x[o]`, and leaves its codes behind.
    void store(int b, float[] x, int o, byte[] blocks, int p) {
        scales.take(row.scale, row.offset, row.groupWeight, 8 * b);
        if (weighted) {
            scales.storeWeighted(limit, blocks, p);
        } else {
            scales.store(blocks, p);
        }
        float d = Bytes.half(blocks, p);
        float dmin = Bytes.half(blocks, p + DMIN);
        for (int j = 0; j < 8; j++) {
            float dl = d * SixBitScales.scale(blocks, p + SCALES, j);
            float ml = dmin * SixBitScales.min(blocks, p + SCALES, j);
            row.round(8 * b + j, x, o + 32 * j, dl, ml, code, 32 * j);
        }
    }
}
