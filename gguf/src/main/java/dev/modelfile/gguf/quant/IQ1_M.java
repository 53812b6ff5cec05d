package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// IQ1_M: 256 elements in 56 bytes, `qs[32]; qh[16]; scales u16[4]`.
///
/// Run k of eight elements has the grid index `qs[k]` and a nibble of `qh`, low nibble first: three more bits of index
/// and, as bit 3, whether the levels are shifted down instead of up. Each word of `scales` holds the 3-bit scales of
/// four groups of 16 and, in its top four bits, a quarter of the half-precision `d`. A value is
/// `(d * (2 * scale + 1)) * (grid ± 0.125)`.
public final class IQ1_M implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 56;
    private static final int QH = 32;
    private static final int SCALES = 48;
    private static final float[] GRID = Grid.IQ1.table(-1, 0, 1);

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = scale(blocks, p + SCALES);
            for (int k = 0; k < 32; k++) {
                int group = k / 2;
                int code = Bytes.u16(blocks, p + SCALES + group / 4 * 2) >> 3 * (group & 3) & 7;
                float dl = d * (2 * code + 1);
                int nibble = blocks[p + QH + group] >> 4 * (k & 1);
                int g = (blocks[p + k] & 255 | (nibble & 7) << 8) * 8;
                float delta = (nibble & 8) != 0 ? -TernarySplit.DELTA : TernarySplit.DELTA;
                for (int j = 0; j < 8; j++) {
                    values[o + 8 * k + j] = dl * (GRID[g + j] + delta);
                }
            }
        }
    }

    public static float scale(byte[] blocks, int at) {
        int bits = Bytes.u16(blocks, at) >> 12
                | Bytes.u16(blocks, at + 2) >> 8 & 0x00F0
                | Bytes.u16(blocks, at + 4) >> 4 & 0x0F00
                | Bytes.u16(blocks, at + 6) & 0xF000;
        return Float.float16ToFloat((short) bits);
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        Row row = new Row();
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            float sigma2 = 2 * Weights.sumOfSquares(values, from + i, ELEMENTS) / ELEMENTS;
            float max = 0;
            for (int group = 0; group < 16; group++) {
                int column = i + 16 * group;
                weigh(row.weight, values, from + column, importance, column, sigma2);
                float scale = row.fit(values, from + column);
                if (row.shift >= 0) {
                    row.write(blocks, p, group);
                }
                row.scale[group] = scale;
                row.shifts[group] = Math.max(0, row.shift);
                max = max > scale ? max : scale;
            }
            if (max != 0) {
                row.finish(values, from + i, importance, i, sigma2, max / 15, blocks, p);
            }
        }
    }

    private static void weigh(
            float[] weight, float[] x, int from, float @Nullable [] importance, int column, float sigma2) {
        if (importance == null) {
            Weights.squares(weight, x, from, 16);
        } else {
            Weights.fill(weight, importance, column, sigma2, x, from, 16);
        }
    }

    /// The scratch of one row.
    private static final class Row {
        final float[] weight = new float[16];
        final float[] scale = new float[16];
        final int[] shifts = new int[16];
        final int[] order = new int[16];
        final IQ1MSplit split = new IQ1MSplit();
        final byte[] digit = new byte[16];
        final int[] index = new int[2];
        int shift;

        /// Fits one group; leaves [#index] and [#shift] behind, the latter negative if there is nothing to store. Bit 1
        /// of the shift is set if the first run's levels are shifted down, bit 0 for the second run.
        float fit(float[] x, int from) {
            shift = -1;
            if (Extremes.absMax(x, from, 16) < 1e-7f) {
                return 0f;
            }
            TernarySplit.sort(x, from, 16, order);
            float scale = split.search(x, from, weight, order);
            shift = split.shift;
            if (shift < 0) {
                return 0f;
            }
            TernarySplit.digits(order, 16, split.first, split.second, scale < 0, digit);
            if (scale < 0) {
                scale = -scale;
                shift = 3 - shift;
            }
            scale = settle(x, from, scale);
            if (!(scale >= 0)) {
                throw Neighbours.tooLarge();
            }
            return scale;
        }

        private static float[] level(int shift, int run) {
            return (shift >> 1 - run & 1) == 0 ? TernarySplit.UP : TernarySplit.DOWN;
        }

        /// Moves the runs to the grid and, if one had to move, improves the scale by least squares.
        private float settle(float[] x, int from, float scale) {
            boolean moved = false;
            for (int k = 0; k < 2; k++) {
                int point = TernarySplit.point(digit, 8 * k);
                index[k] = TernarySplit.index(point);
                if (index[k] < 0) {
                    moved = true;
                    index[k] = TernarySplit.nearest(point, x, from + 8 * k, weight, 8 * k, scale, level(shift, k));
                }
            }
            if (!moved) {
                return scale;
            }
            float sumqx = 0;
            float sumq2 = 0;
            for (int i = 0; i < 16; i++) {
                float w = weight[i];
                float q = level(shift, i / 8)[Grid.IQ1.digits[index[i / 8] * 8 + i % 8]];
                sumqx += w * q * x[from + i];
                sumq2 += w * q * q;
            }
            return sumqx > 0 && sumq2 > 0 ? sumqx / sumq2 : scale;
        }

        void write(byte[] blocks, int p, int group) {
            blocks[p + 2 * group] = (byte) index[0];
            blocks[p + 2 * group + 1] = (byte) index[1];
            blocks[p + QH + group] = (byte) (index[0] >> 8 | index[1] >> 8 << 4);
        }

        /// Stores the scales and shifts, and `d` by least squares over the whole block.
        void finish(
                float[] x,
                int from,
                float @Nullable [] importance,
                int column,
                float sigma2,
                float start,
                byte[] blocks,
                int p) {
            float inverse = 1 / start;
            float sumqx = 0;
            float sumq2 = 0;
            for (int group = 0; group < 16; group++) {
                int code = TernarySplit.scaleCode(scale[group], inverse);
                int word = p + SCALES + group / 4 * 2;
                Bytes.putU16(blocks, word, Bytes.u16(blocks, word) | code << 3 * (group & 3));
                int s = shifts[group];
                blocks[p + QH + group] |= (byte) ((s & 1) << 7 | (s & 2) << 2);
                int at = from + 16 * group;
                weigh(weight, x, at, importance, column + 16 * group, sigma2);
                for (int i = 0; i < 16; i++) {
                    int high = blocks[p + QH + group] >> i / 8 * 4 & 7;
                    int g = (blocks[p + 2 * group + i / 8] & 255 | high << 8) * 8 + i % 8;
                    float w = weight[i];
                    float q = level(s, i / 8)[Grid.IQ1.digits[g]] * (2 * code + 1);
                    sumqx += w * q * x[at + i];
                    sumq2 += w * q * q;
                }
            }
            float d = sumq2 > 0 ? sumqx / sumq2 : start;
            int bits = Bytes.toHalf(d * 1.1125f);
            for (int k = 0; k < 4; k++) {
                int word = p + SCALES + 2 * k;
                Bytes.putU16(blocks, word, Bytes.u16(blocks, word) | (bits >> 4 * k & 15) << 12);
            }
        }
    }
}
