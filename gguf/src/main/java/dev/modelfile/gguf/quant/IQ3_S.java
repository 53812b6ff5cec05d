package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// IQ3_S: 256 elements in 110 bytes, `d f16; qs[64]; qh[8]; signs[32]; scales[4]`.
///
/// Run k of four elements has the grid index `qs[k]` with a ninth bit, bit k % 8 of `qh[k / 8]`. A byte of `signs` is
/// for eight elements, a nibble of `scales` for 32, low nibble first. A value is `(d * (1 + 2 * scale)) * grid`.
///
/// The reference encoder has a defect that is kept here for equal bytes: after a group of 32 zeros, the indexes and
/// signs of the groups that follow in the block are written one group too early, so they decode to wrong values.
public final class IQ3_S implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 110;
    private static final int QS = 2;
    private static final int QH = 66;
    private static final int SIGNS = 74;
    private static final int SCALES = 106;
    private static final float[] GRID = Grid.IQ3_S.table(1, 3, 5, 7, 9, 11, 13, 15);

    private static final class Lazy {
        static final GridSearch.Plan PLAN =
                new GridSearch.Plan(new Neighbours(Grid.IQ3_S, 3), 32, 9, 0.2f, GridSearch.Again.ALL_IF_MOVED);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int k = 0; k < 32; k++) {
                int scale = blocks[p + SCALES + k / 8] >> (k & 4) & 15;
                float db = d * (1 + 2 * scale);
                int high = blocks[p + QH + k / 4] >> (k & 3) * 2;
                int g0 = (blocks[p + QS + 2 * k] & 255 | (high & 1) << 8) * 4;
                int g1 = (blocks[p + QS + 2 * k + 1] & 255 | (high & 2) << 7) * 4;
                SignedRun.decode(db, GRID, g0, g1, blocks[p + SIGNS + k], values, o + 8 * k);
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
            int slot = 0;
            for (int group = 0; group < 8; group++) {
                int column = i + 32 * group;
                search.weigh(values, from + column, importance, column, sigma2);
                float top = search.split(values, from + column, false);
                scale[group] = 0;
                if (top != 0) {
                    scale[group] = search.fit(top, top / 15);
                    write(search, blocks, p, group, slot++);
                }
                max = max > scale[group] ? max : scale[group];
            }
            if (max == 0) {
                continue;
            }
            float d = max / 31;
            Bytes.putHalf(blocks, p, d * 1.033f);
            Bytes.putI32(blocks, p + SCALES, (int) GridSearch.scaleCodes(scale, d));
        }
    }

    private static void write(GridSearch search, byte[] blocks, int p, int group, int slot) {
        int high = 0;
        for (int k = 0; k < 8; k++) {
            int index = search.index[k];
            blocks[p + QS + 8 * slot + k] = (byte) index;
            high |= index >> 8 << k;
        }
        blocks[p + QH + group] = (byte) high;
        for (int k = 0; k < 4; k++) {
            blocks[p + SIGNS + 4 * slot + k] = (byte) search.signs[k];
        }
    }
}
