package dev.modelfile.gguf.quant;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// IQ2_XS: 256 elements in 74 bytes, `d f16; qs u16[32]; scales[8]`.
///
/// Each word of `qs` is for eight elements: nine bits of grid index and seven signs. A nibble of `scales` is for 16
/// elements, low nibble first. A value is `(d * (0.5 + scale) * 0.25) * grid`.
public final class IQ2_XS implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 74;
    private static final int QS = 2;
    private static final int SCALES = 66;
    private static final float[] GRID = Grid.IQ2_XS.table(8, 25, 43);

    private static final class Lazy {
        static final GridSearch.Plan PLAN =
                new GridSearch.Plan(new Neighbours(Grid.IQ2_XS, 2), 16, 9, 0.1f, GridSearch.Again.MOVED);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int k = 0; k < 32; k++) {
                int scale = blocks[p + SCALES + k / 4] >> (k & 2) * 2 & 15;
                float db = d * (0.5f + scale) * 0.25f;
                int word = Bytes.u16(blocks, p + QS + 2 * k);
                SignedRun.decode(db, GRID, (word & 511) * 8, SignedRun.even(word >> 9), values, o + 8 * k);
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
            float sigma2 = Weights.sumOfSquares(values, from + i, ELEMENTS) / ELEMENTS;
            float max = 0;
            for (int group = 0; group < 16; group++) {
                int column = i + 16 * group;
                search.weigh(values, from + column, importance, column, sigma2);
                float top = search.split(values, from + column, true);
                scale[group] = 0;
                if (!(top < SymmetricSearch.EPSILON)) {
                    scale[group] = search.fit(top, top / 5);
                    for (int k = 0; k < 2; k++) {
                        int word = search.index[k] | (search.signs[k] & 127) << 9;
                        Bytes.putU16(blocks, p + QS + 4 * group + 2 * k, word);
                    }
                }
                max = max > scale[group] ? max : scale[group];
            }
            if (max == 0) {
                Arrays.fill(blocks, p, p + BYTES, (byte) 0);
                continue;
            }
            float d = max / 31;
            Bytes.putHalf(blocks, p, d);
            Bytes.putI64(blocks, p + SCALES, GridSearch.scaleCodes(scale, d));
        }
    }
}
