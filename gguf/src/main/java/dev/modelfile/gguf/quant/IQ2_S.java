package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// IQ2_S: 256 elements in 82 bytes, `d f16; qs[32]; signs[32]; qh[8]; scales[8]`.
///
/// Run k of eight elements has the grid index `qs[k]` with two more bits, number k % 4 of `qh[k / 4]`, on top, and the
/// signs `signs[k]`. A nibble of `scales` is for 16 elements, low nibble first. A value is
/// `(d * (0.5 + scale) * 0.25) * grid`.
public final class IQ2_S implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 82;
    private static final int QS = 2;
    private static final int SIGNS = 34;
    private static final int QH = 66;
    private static final int SCALES = 74;
    private static final float[] GRID = Grid.IQ2_S.table(8, 25, 43);

    private static final class Lazy {
        static final GridSearch.Plan PLAN =
                new GridSearch.Plan(new Neighbours(Grid.IQ2_S, 1), 16, 9, 0.1f, GridSearch.Again.MOVED);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int k = 0; k < 32; k++) {
                int scale = blocks[p + SCALES + k / 4] >> (k & 2) * 2 & 15;
                float db = d * (0.5f + scale) * 0.25f;
                int high = blocks[p + QH + k / 4] >> (k & 3) * 2 & 3;
                int g = (blocks[p + QS + k] & 255 | high << 8) * 8;
                SignedRun.decode(db, GRID, g, blocks[p + SIGNS + k], values, o + 8 * k);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        encode(new GridSearch(plan()), values, from, importance, blocks);
    }

    /// How this type searches.
    public static GridSearch.Plan plan() {
        return Lazy.PLAN;
    }

    /// Encodes with a search of this type's [#plan].
    public static void encode(
            GridSearch search, float[] values, int from, float @Nullable [] importance, byte[] blocks) {
        float[] scale = new float[16];
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            float sigma2 = 2 * Weights.sumOfSquares(values, from + i, ELEMENTS) / ELEMENTS;
            float max = 0;
            for (int group = 0; group < 16; group++) {
                int column = i + 16 * group;
                weigh(search, values, from + column, importance, column, sigma2);
                float top = search.split(values, from + column, false);
                scale[group] = 0;
                if (!(top < 1e-8f)) {
                    scale[group] = search.fit(top, top / 5);
                    write(search, blocks, p, 2 * group);
                }
                max = max > scale[group] ? max : scale[group];
            }
            if (max == 0) {
                continue;
            }
            float d = max / 31;
            Bytes.putHalf(blocks, p, d * 0.9875f);
            Bytes.putI64(blocks, p + SCALES, GridSearch.scaleCodes(scale, d));
        }
    }

    /// Without an importance matrix the weight is x^2 plus half the block's mean square.
    private static void weigh(
            GridSearch search, float[] x, int from, float @Nullable [] importance, int column, float sigma2) {
        if (importance != null) {
            search.weigh(x, from, importance, column, sigma2);
            return;
        }
        for (int i = 0; i < 16; i++) {
            search.weight[i] = 0.25f * sigma2 + x[from + i] * x[from + i];
        }
    }

    private static void write(GridSearch search, byte[] blocks, int p, int first) {
        for (int k = 0; k < 2; k++) {
            int run = first + k;
            int index = search.index[k];
            blocks[p + QS + run] = (byte) index;
            blocks[p + QH + run / 4] |= (byte) (index >> 8 << 2 * (run % 4));
            blocks[p + SIGNS + run] = (byte) search.signs[k];
        }
    }
}
