package dev.modelfile.gguf.quant;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The search of the IQ2 and IQ3 types for one group: a scale, and for each run of elements a point of the grid.
///
/// Elements are `scale * (2 * digit + 1)` with the sign stored apart. A few scales are tried; runs that do not fall on
/// the grid move to the nearest neighbour; each trial's scale is improved by least squares, and the best trial wins.
///
/// One object serves one row.
final class GridSearch {

    /// Which runs are placed again with the winning scale.
    enum Again {
        /// All of them.
        ALWAYS,
        /// Those that were moved.
        MOVED,
        /// All of them, if one was moved or no trial was accepted.
        ALL_IF_MOVED
    }

    private final Neighbours lattice;
    private final int n;
    private final int run;
    private final int top;
    private final int reach;
    private final float step;
    private final Again again;
    private final byte[] trial;
    private final boolean[] moved;
    private final boolean[] trialMoved;
    private final float[] root;

    /// Magnitudes of the group, after [#split].
    final float[] magnitude;
    /// Weights of the group; filled by the caller before [#split].
    final float[] weight;
    /// The digits of all elements, after [#fit].
    final byte[] digit;
    /// The signs of each eight elements, after [#split]: bit j set if element j is negative.
    final int[] signs;

    /// @param n elements per group
    /// @param reach how many trials to either side
    /// @param step how far apart trials are
    GridSearch(Neighbours lattice, int n, int reach, float step, Again again) {
        this.lattice = lattice;
        this.n = n;
        this.run = lattice.grid.length;
        this.top = lattice.grid.base - 1;
        this.reach = reach;
        this.step = step;
        this.again = again;
        this.trial = new byte[n];
        this.digit = new byte[n];
        this.moved = new boolean[n / run];
        this.trialMoved = new boolean[n / run];
        this.root = new float[n];
        this.magnitude = new float[n];
        this.weight = new float[n];
        this.signs = new int[n / 8];
    }

    /// Splits the group into magnitudes and signs.
    ///
    /// @param even whether the number of minus signs per eight elements must be even; where it is odd, the element
    ///     with the smallest weighted square flips, and its magnitude is then negative
    void split(float[] x, int from, boolean even) {
        Weights.roots(root, weight, n);
        for (int k = 0; k < n / 8; k++) {
            int s = 0;
            for (int i = 0; i < 8; i++) {
                float v = x[from + 8 * k + i];
                boolean negative = !(v >= 0);
                magnitude[8 * k + i] = negative ? -v : v;
                s |= negative ? 1 << i : 0;
            }
            if (even && (Integer.bitCount(s) & 1) != 0) {
                int least = leastWeighted(x, from + 8 * k, 8 * k);
                magnitude[8 * k + least] = -magnitude[8 * k + least];
                s ^= 1 << least;
            }
            signs[k] = even ? s & 127 : s;
        }
    }

    private int leastWeighted(float[] x, int from, int w) {
        int least = 0;
        float min = weight[w] * x[from] * x[from];
        for (int i = 1; i < 8; i++) {
            float square = weight[w + i] * x[from + i] * x[from + i];
            if (square < min) {
                min = square;
                least = i;
            }
        }
        return least;
    }

    float max() {
        return Extremes.max(magnitude, 0, n);
    }

    /// Searches the scale of the group whose magnitudes are split, with trials around the one that maps `max` to the
    /// largest value; leaves [#digit] behind.
    ///
    /// @return the scale, not negative
    float fit(float max, float start) {
        float scale = start;
        float best = 0;
        Arrays.fill(digit, (byte) 0);
        Arrays.fill(moved, again == Again.ALL_IF_MOVED);
        for (int t = -reach; t <= reach; t++) {
            float inverse = (2 * top + 1 + t * step) / max;
            float trialScale = 1 / inverse;
            for (int k = 0; k < n / run; k++) {
                trialMoved[k] = settle(inverse, trialScale, k, trial);
            }
            float sumqx = 0;
            float sumq2 = 0;
            for (int i = 0; i < n; i++) {
                float w = weight[i];
                float q = 2 * trial[i] + 1;
                sumqx += w * magnitude[i] * q;
                sumq2 += w * q * q;
            }
            if (sumq2 > 0 && sumqx * sumqx > best * sumq2) {
                scale = sumqx / sumq2;
                best = scale * sumqx;
                System.arraycopy(trial, 0, digit, 0, n);
                System.arraycopy(trialMoved, 0, moved, 0, moved.length);
            }
        }
        if (scale > 0 && (again == Again.ALWAYS || anyMoved())) {
            scale = settleAgain(scale);
        }
        return positive(scale);
    }

    private boolean anyMoved() {
        for (boolean m : moved) {
            if (m) {
                return true;
            }
        }
        return false;
    }

    private float settleAgain(float scale) {
        float inverse = 1 / scale;
        for (int k = 0; k < n / run; k++) {
            if (again != Again.MOVED || moved[k]) {
                settle(inverse, scale, k, digit);
            }
        }
        float sumqx = 0;
        float sumq2 = 0;
        for (int i = 0; i < n; i++) {
            float w = weight[i];
            float q = 2 * digit[i] + 1;
            sumqx += w * magnitude[i] * q;
            sumq2 += w * q * q;
        }
        return sumq2 > 0 ? sumqx / sumq2 : scale;
    }

    /// Rounds one run and moves it to the grid if it is not on it.
    ///
    /// @return whether it was moved
    private boolean settle(float inverse, float scale, int k, byte[] target) {
        int from = k * run;
        int base = top + 1;
        int point = 0;
        for (int i = run - 1; i >= 0; i--) {
            int l = Rounding.nearest(0.5f * (inverse * magnitude[from + i] - 1), 0, top);
            target[from + i] = (byte) l;
            point = point * base + l;
        }
        if (lattice.place[point] >= 0) {
            return false;
        }
        int index = lattice.nearest(point, magnitude, from, root, from, scale);
        System.arraycopy(lattice.grid.digits, index * run, target, from, run);
        return true;
    }

    private float positive(float scale) {
        if (scale < 0) {
            for (int k = 0; k < signs.length; k++) {
                signs[k] = ~signs[k];
            }
            return -scale;
        }
        if (scale != scale) {
            throw Neighbours.tooLarge();
        }
        return scale;
    }

    /// The index on the grid of a run of [#digit].
    int index(int k) {
        int point = 0;
        for (int i = run - 1; i >= 0; i--) {
            point = point * (top + 1) + digit[k * run + i];
        }
        return lattice.place[point];
    }

    /// The 4-bit codes of the scales of a block, which stand for `2 * code + 1`, packed low nibble first.
    static long scaleCodes(float[] scale, float d) {
        long codes = 0;
        float inverse = 1 / d;
        for (int i = 0; i < scale.length; i++) {
            codes |= (long) Rounding.nearest(0.5f * (inverse * scale[i] - 1), 0, 15) << 4 * i;
        }
        return codes;
    }

    /// Fills the weights of a group: importance * sqrt(sigma2 + x^2), or x^2.
    void weigh(float[] x, int from, float @Nullable [] importance, int column, float sigma2) {
        if (importance == null) {
            Weights.squares(weight, x, from, n);
        } else {
            Weights.fill(weight, importance, column, sigma2, x, from, n);
        }
    }
}
