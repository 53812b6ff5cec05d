package dev.modelfile.gguf.quant;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// IQ3_XXS: 256 elements in 98 bytes, `d f16; qs[64]; scales_and_signs u32[8]`.
///
/// A byte of `qs` is the grid index of four elements. The word of a group of 32 elements holds four times seven signs
/// and, on top, a 4-bit scale. A value is `(d * (0.5 + scale) * 0.5) * grid`.
public final class IQ3_XXS implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 98;
    private static final int QS = 2;
    private static final int WORDS = 66;
    private static final float[] GRID = Grid.IQ3_XXS.table(4, 12, 20, 28, 36, 44, 52, 62);

    private static final class Lazy {
        static final GridSearch.Plan PLAN =
                new GridSearch.Plan(new Neighbours(Grid.IQ3_XXS, 2), 32, 15, 0.2f, GridSearch.Again.MOVED);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int group = 0; group < 8; group++) {
                int word = Bytes.i32(blocks, p + WORDS + 4 * group);
                float db = d * (0.5f + (word >>> 28)) * 0.5f;
                for (int k = 0; k < 4; k++) {
                    int q = p + QS + 8 * group + 2 * k;
                    int g0 = (blocks[q] & 255) * 4;
                    int g1 = (blocks[q + 1] & 255) * 4;
                    int signs = SignedRun.even(word >> 7 * k & 127);
                    SignedRun.decode(db, GRID, g0, g1, signs, values, o + 32 * group + 8 * k);
                }
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
        float[] scale = new float[8];
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            float sigma2 = 2 * Weights.sumOfSquares(values, from + i, ELEMENTS) / ELEMENTS;
            float max = 0;
            for (int group = 0; group < 8; group++) {
                int column = i + 32 * group;
                search.weigh(values, from + column, importance, column, sigma2);
                float top = search.split(values, from + column, true);
                scale[group] = 0;
                if (!(top < 1e-8f)) {
                    scale[group] = search.fit(top, top / 15);
                    write(search, blocks, p, group);
                }
                max = max > scale[group] ? max : scale[group];
            }
            if (max == 0) {
                Arrays.fill(blocks, p, p + BYTES, (byte) 0);
                continue;
            }
            float d = max / 31;
            Bytes.putHalf(blocks, p, d * 1.0125f);
            long codes = GridSearch.scaleCodes(scale, d);
            for (int group = 0; group < 8; group++) {
                blocks[p + WORDS + 4 * group + 3] |= (byte) ((int) (codes >> 4 * group) << 4);
            }
        }
    }

    private static void write(GridSearch search, byte[] blocks, int p, int group) {
        int signs = 0;
        for (int k = 0; k < 8; k++) {
            blocks[p + QS + 8 * group + k] = (byte) search.index[k];
        }
        for (int k = 0; k < 4; k++) {
            signs |= (search.signs[k] & 127) << 7 * k;
        }
        Bytes.putI32(blocks, p + WORDS + 4 * group, signs);
    }
}
