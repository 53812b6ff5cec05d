package dev.modelfile.gguf.quant;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// IQ2_XXS: 256 elements in 66 bytes, `d f16; qs u32[8][2]`.
///
/// Eight groups of 32. The first word of a group holds four grid indexes of a byte each, for eight elements each; the
/// second four times seven signs and, on top, a 4-bit scale. A value is `(d * (0.5 + scale) * 0.25) * grid`.
public final class IQ2_XXS implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 66;
    private static final int QS = 2;
    private static final float[] GRID = Grid.IQ2_XXS.table(8, 25, 43);

    private static final class Lazy {
        static final GridSearch.Plan PLAN =
                new GridSearch.Plan(new Neighbours(Grid.IQ2_XXS, 2), 32, 6, 0.1f, GridSearch.Again.ALWAYS);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int group = 0; group < 8; group++) {
                int indexes = Bytes.i32(blocks, p + QS + 8 * group);
                int word = Bytes.i32(blocks, p + QS + 8 * group + 4);
                float db = d * (0.5f + (word >>> 28)) * 0.25f;
                for (int k = 0; k < 4; k++) {
                    int g = (indexes >> 8 * k & 255) * 8;
                    int signs = SignedRun.even(word >> 7 * k & 127);
                    SignedRun.decode(db, GRID, g, signs, values, o + 32 * group + 8 * k);
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
        int[] start = new int[32];
        float[] scale = new float[8];
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            float sigma2 = Weights.sumOfSquares(values, from + i, ELEMENTS) / ELEMENTS;
            float max = 0;
            for (int group = 0; group < 8; group++) {
                int column = i + 32 * group;
                search.weigh(values, from + column, importance, column, sigma2);
                float top = search.split(values, from + column, true);
                scale[group] = top < SymmetricSearch.EPSILON ? 0f : fit(search, start);
                if (scale[group] > 0) {
                    write(search, blocks, p + QS + 8 * group);
                }
                max = max > scale[group] ? max : scale[group];
            }
            if (max == 0) {
                Arrays.fill(blocks, p, p + BYTES, (byte) 0);
                continue;
            }
            float d = max / 31;
            Bytes.putHalf(blocks, p, d);
            long codes = GridSearch.scaleCodes(scale, d);
            for (int group = 0; group < 8; group++) {
                blocks[p + QS + 8 * group + 7] |= (byte) ((int) (codes >> 4 * group) << 4);
            }
        }
    }

    private static float fit(GridSearch search, int[] start) {
        float scale = SymmetricSearch.fitPositive(32, 4, search.magnitude, start, search.weight);
        float max = scale * 3;
        return max <= 0 ? 0f : search.fit(max, scale);
    }

    private static void write(GridSearch search, byte[] blocks, int at) {
        int signs = 0;
        for (int k = 0; k < 4; k++) {
            blocks[at + k] = (byte) search.index[k];
            signs |= (search.signs[k] & 127) << 7 * k;
        }
        Bytes.putI32(blocks, at + 4, signs);
    }
}
