package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// IQ1_S: 256 elements in 50 bytes, `d f16; qs[32]; qh u16[8]`.
///
/// Run k of eight elements has the grid index `qs[k]` with three more bits on top, number k % 4 of the word of its
/// group of 32. Bits 12-14 of the word are the scale, bit 15 says that all levels are shifted down instead of up. A
/// value is `(d * (2 * scale + 1)) * (grid ± 0.125)`.
public final class IQ1_S implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 50;
    private static final int QS = 2;
    private static final int QH = 34;
    private static final float[] GRID = Grid.IQ1.table(-1, 0, 1);

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int group = 0; group < 8; group++) {
                int word = Bytes.u16(blocks, p + QH + 2 * group);
                float dl = d * (2 * (word >> 12 & 7) + 1);
                float delta = (word & 0x8000) != 0 ? -TernarySplit.DELTA : TernarySplit.DELTA;
                for (int k = 0; k < 4; k++) {
                    int g = (blocks[p + QS + 4 * group + k] & 255 | (word >> 3 * k & 7) << 8) * 8;
                    int y = o + 32 * group + 8 * k;
                    for (int j = 0; j < 8; j++) {
                        values[y + j] = dl * (GRID[g + j] + delta);
                    }
                }
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        if (importance == null) {
            throw new IllegalArgumentException("IQ1_S needs an importance matrix");
        }
        encode(new IQ1SSplit(), values, from, importance, blocks);
    }

    /// Encodes with the given search.
    public static void encode(IQ1SSplit split, float[] values, int from, float[] importance, byte[] blocks) {
        Row row = new Row(split);
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            float sigma2 = 2 * Weights.sumOfSquares(values, from + i, ELEMENTS) / ELEMENTS;
            float max = 0;
            for (int group = 0; group < 8; group++) {
                int column = i + 32 * group;
                Weights.fill(row.weight, importance, column, sigma2, values, from + column, 32);
                float scale = row.fit(values, from + column);
                if (row.first >= 0) {
                    row.write(blocks, p, group);
                }
                row.scale[group] = scale;
                row.down[group] = row.shiftDown;
                max = max > scale ? max : scale;
            }
            if (max == 0) {
                continue;
            }
            float d = max / 15;
            Bytes.putHalf(blocks, p, d * 1.125f);
            for (int group = 0; group < 8; group++) {
                int code = TernarySplit.scaleCode(row.scale[group], 1 / d) | (row.down[group] ? 8 : 0);
                blocks[p + QH + 2 * group + 1] |= (byte) (code << 4);
            }
        }
    }

    /// The scratch of one row.
    private static final class Row {
        final float[] weight = new float[32];
        final float[] scale = new float[8];
        final boolean[] down = new boolean[8];
        final IQ1SSplit split;
        final byte[] digit = new byte[32];
        final int[] index = new int[4];
        int first;
        boolean shiftDown;

        Row(IQ1SSplit split) {
            this.split = split;
        }

        /// Fits one group; leaves [#index] and [#shiftDown] behind, and [#first] negative if there is nothing to store.
        float fit(float[] x, int from) {
            shiftDown = false;
            first = -1;
            if (Extremes.absMax(x, from, 32) < 1e-12f) {
                return 0f;
            }
            float scale = split.search(x, from, weight);
            first = split.first;
            if (first < 0) {
                return 0f;
            }
            shiftDown = split.shiftDown;
            TernarySplit.digits(split.order, 32, first, split.second, scale < 0, digit);
            if (scale < 0) {
                scale = -scale;
                shiftDown = !shiftDown;
            }
            scale = settle(x, from, scale, shiftDown ? TernarySplit.DOWN : TernarySplit.UP);
            if (!(scale >= 0)) {
                throw Neighbours.tooLarge();
            }
            return scale;
        }

        /// Moves the runs to the grid and, if one had to move, improves the scale by least squares.
        private float settle(float[] x, int from, float scale, float[] level) {
            boolean moved = false;
            for (int k = 0; k < 4; k++) {
                int point = TernarySplit.point(digit, 8 * k);
                index[k] = TernarySplit.index(point);
                if (index[k] < 0) {
                    moved = true;
                    index[k] = split.nearest(point, x, from + 8 * k, weight, 8 * k, scale, level);
                }
            }
            if (!moved) {
                return scale;
            }
            float sumqx = 0;
            float sumq2 = 0;
            for (int i = 0; i < 32; i++) {
                float w = weight[i];
                float q = level[Grid.IQ1.digits[index[i / 8] * 8 + i % 8]];
                sumqx += w * q * x[from + i];
                sumq2 += w * q * q;
            }
            return sumqx > 0 && sumq2 > 0 ? sumqx / sumq2 : scale;
        }

        void write(byte[] blocks, int p, int group) {
            int word = 0;
            for (int k = 0; k < 4; k++) {
                blocks[p + QS + 4 * group + k] = (byte) index[k];
                word |= index[k] >> 8 << 3 * k;
            }
            Bytes.putU16(blocks, p + QH + 2 * group, word);
        }
    }
}
