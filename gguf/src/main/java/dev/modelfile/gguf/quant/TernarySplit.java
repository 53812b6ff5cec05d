package dev.modelfile.gguf.quant;

/// What the IQ1 types share: elements sorted so that a group splits into those for -1, 0 and 1, and the grid on which
/// runs of eight such digits must lie.
///
/// The three levels are shifted by an eighth up or down.
public final class TernarySplit {

    public static final float DELTA = 0.125f;
    /// The levels of digits 0, 1, 2 with the shift up.
    public static final float[] UP = {-1 + DELTA, DELTA, 1 + DELTA};
    /// The levels of digits 0, 1, 2 with the shift down.
    public static final float[] DOWN = {-1 - DELTA, -DELTA, 1 - DELTA};

    private static final class Lazy {
        static final Neighbours NEIGHBOURS = new Neighbours(Grid.IQ1, 3);
    }

    private TernarySplit() {}

    /// The grid points nearest to all others.
    public static Neighbours neighbours() {
        return Lazy.NEIGHBOURS;
    }

    /// Orders the indexes of a group by ascending value; equal values stay in order.
    public static void sort(float[] x, int from, int n, int[] order) {
        for (int i = 0; i < n; i++) {
            float v = x[from + i];
            int j = i;
            for (; j > 0 && x[from + order[j - 1]] > v; j--) {
                order[j] = order[j - 1];
            }
            order[j] = i;
        }
    }

    /// Gives the elements before `first` in order digit 0, those before `second` digit 1, the others digit 2; the other
    /// way round if `flip`.
    public static void digits(int[] order, int n, int first, int second, boolean flip, byte[] digit) {
        for (int j = 0; j < n; j++) {
            int d = j < first ? 0 : j < second ? 1 : 2;
            digit[order[j]] = (byte) (flip ? 2 - d : d);
        }
    }

    /// The number of the point that eight digits make.
    public static int point(byte[] digit, int from) {
        int point = 0;
        for (int i = 7; i >= 0; i--) {
            point = point * 3 + digit[from + i];
        }
        return point;
    }

    /// The index of a point, or a negative number if it is not on the grid.
    public static int index(int point) {
        return Lazy.NEIGHBOURS.place[point];
    }

    /// Among the neighbours of a point that is not on the grid, the index of the one with the smallest weighted
    /// distance to the eight values at `x[from]`, of equals the first.
    ///
    /// @throws IllegalArgumentException if no distance is finite
    public static int nearest(int point, float[] x, int from, float[] weight, int w, float scale, float[] level) {
        Neighbours lattice = Lazy.NEIGHBOURS;
        byte[] digits = lattice.grid.digits;
        int start = -1 - lattice.place[point];
        float best = Float.MAX_VALUE;
        int index = -1;
        for (int j = start + 1; j <= start + lattice.list[start]; j++) {
            int candidate = lattice.list[j];
            float sum = 0;
            for (int i = 0; i < 8; i++) {
                float diff = scale * level[digits[candidate * 8 + i]] - x[from + i];
                sum += weight[w + i] * diff * diff;
            }
            if (sum < best) {
                best = sum;
                index = candidate;
            }
        }
        if (index < 0) {
            throw Neighbours.tooLarge();
        }
        return index;
    }

    /// The 3-bit code of a scale, which stands for `2 * code + 1`.
    public static int scaleCode(float scale, float inverse) {
        return Rounding.nearest(0.5f * (inverse * scale - 1), 0, 7);
    }
}
