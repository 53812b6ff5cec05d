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
        Row row = new Row();
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
        final int[] order = new int[32];
        final float[] sumx = new float[33];
        final float[] sumw = new float[33];
        final byte[] digit = new byte[32];
        final int[] index = new int[4];
        int first;
        int second;
        boolean shiftDown;

        /// Fits one group; leaves [#index] and [#shiftDown] behind, and [#first] negative if there is nothing to store.
        float fit(float[] x, int from) {
            shiftDown = false;
            first = -1;
            if (Extremes.absMax(x, from, 32) < 1e-12f) {
                return 0f;
            }
            TernarySplit.sort(x, from, 32, order);
            for (int j = 0; j < 32; j++) {
                int i = order[j];
                sumx[j + 1] = sumx[j] + weight[i] * x[from + i];
                sumw[j + 1] = sumw[j] + weight[i];
            }
            float scale = split();
            if (first < 0) {
                return 0f;
            }
            TernarySplit.digits(order, 32, first, second, scale < 0, digit);
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

        /// Tries all splits of the sorted group into three, with the levels shifted up and down; leaves the best.
        private float split() {
            float best = -Float.MAX_VALUE;
            float scale = 0;
            float[] up = TernarySplit.UP;
            float[] lo = TernarySplit.DOWN;
            for (int i1 = 0; i1 <= 32; i1++) {
                for (int i2 = i1; i2 <= 32; i2++) {
                    float x0 = sumx[i1] - sumx[0];
                    float x1 = sumx[i2] - sumx[i1];
                    float x2 = sumx[32] - sumx[i2];
                    float w0 = sumw[i1] - sumw[0];
                    float w1 = sumw[i2] - sumw[i1];
                    float w2 = sumw[32] - sumw[i2];
                    float sumqx = x0 * up[0] + x1 * up[1] + x2 * up[2];
                    float sumq2 = w0 * up[0] * up[0] + w1 * up[1] * up[1] + w2 * up[2] * up[2];
                    if (sumq2 > 0 && sumqx * sumqx > best * sumq2) {
                        scale = sumqx / sumq2;
                        best = scale * sumqx;
                        first = i1;
                        second = i2;
                        shiftDown = false;
                    }
                    sumqx = x0 * lo[0] + x1 * lo[1] + x2 * lo[2];
                    sumq2 = w0 * lo[0] * lo[0] + w1 * lo[1] * lo[1] + w2 * lo[2] * lo[2];
                    if (sumq2 > 0 && sumqx * sumqx > best * sumq2) {
                        scale = sumqx / sumq2;
                        best = scale * sumqx;
                        first = i1;
                        second = i2;
                        shiftDown = true;
                    }
                }
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
                    index[k] = TernarySplit.nearest(point, x, from + 8 * k, weight, 8 * k, scale, level);
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
