package dev.modelfile.gguf.quant;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The search of the IQ2 and IQ3 types for one group: a scale, and for each run of elements a point of the grid.
///
/// Elements are `scale * (2 * digit + 1)` with the sign stored apart. A few scales are tried; runs that do not fall on
/// the grid move to the nearest neighbour; each trial's scale is improved by least squares, and the best trial wins.
///
/// One object serves one row. Open for the class that makes many trials at once.
public class GridSearch {

    /// Which runs are placed again with the winning scale.
    public enum Again {
        /// All of them.
        ALWAYS,
        /// Those that were moved.
        MOVED,
        /// All of them, if one was moved or no trial was accepted.
        ALL_IF_MOVED
    }

    /// How a type searches.
    ///
    /// @param lattice the grid and the neighbours of all other points
    /// @param contenders which neighbours count
    /// @param n elements per group
    /// @param reach how many trials to either side
    /// @param step how far apart trials are
    public record Plan(Neighbours lattice, Contenders contenders, int n, int reach, float step, Again again) {

        Plan(Neighbours lattice, int n, int reach, float step, Again again) {
            this(lattice, new Contenders(lattice), n, reach, step, again);
        }

        /// How many scales are tried.
        public int trials() {
            return 2 * reach + 1;
        }
    }

    private final Plan plan;
    private final int[] trial;
    private final boolean[] trialMoved;
    private float sumqx;
    private float sumq2;
    private boolean settledMoved;

    protected final Neighbours lattice;
    /// Elements per group.
    protected final int n;
    /// Elements per run.
    protected final int run;
    /// The largest digit.
    protected final int top;
    /// Magnitudes of the group, after [#split].
    protected final float[] magnitude;
    /// Weights of the group; filled by the caller before [#split].
    protected final float[] weight;
    /// The square roots of the weights, with which neighbours are compared.
    protected final float[] root;
    /// The index on the grid of each run, after [#fit].
    protected final int[] index;
    /// Which runs did not fall on the grid.
    protected final boolean[] moved;
    /// The signs of each eight elements, after [#split]: bit j set if element j is negative.
    protected final int[] signs;

    public GridSearch(Plan plan) {
        this.plan = plan;
        this.lattice = plan.lattice;
        this.n = plan.n;
        this.run = lattice.grid.length;
        this.top = lattice.grid.base - 1;
        this.trial = new int[n / run];
        this.trialMoved = new boolean[n / run];
        this.magnitude = new float[n];
        this.weight = new float[n];
        this.root = new float[n];
        this.index = new int[n / run];
        this.moved = new boolean[n / run];
        this.signs = new int[n / 8];
    }

    /// Splits the group into magnitudes and signs.
    ///
    /// @param even whether the number of minus signs per eight elements must be even; where it is odd, the element
    ///     with the smallest weighted square flips, and its magnitude is then negative
    /// @return the largest magnitude
    protected float split(float[] x, int from, boolean even) {
        Weights.roots(root, weight, n);
        for (int k = 0; k < n / 8; k++) {
            int s = 0;
            for (int i = 0; i < 8; i++) {
                s |= x[from + 8 * k + i] >= 0 ? 0 : 1 << i;
            }
            if (even && (Integer.bitCount(s) & 1) != 0) {
                s ^= 1 << leastWeighted(x, from + 8 * k, 8 * k);
            }
            for (int i = 0; i < 8; i++) {
                float v = x[from + 8 * k + i];
                magnitude[8 * k + i] = (s >> i & 1) != 0 ? -v : v;
            }
            signs[k] = even ? s & 127 : s;
        }
        return Extremes.max(magnitude, 0, n);
    }

    /// Of the eight elements at `x[from]`, which has the smallest weighted square; their weights begin at `w`.
    protected final int leastWeighted(float[] x, int from, int w) {
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

    /// Searches the scale of the group whose magnitudes are split, with trials around the one that maps `max` to the
    /// largest value; leaves [#index] behind.
    ///
    /// @return the scale, not negative
    float fit(float max, float start) {
        Arrays.fill(index, lattice.place[0]);
        Arrays.fill(moved, plan.again == Again.ALL_IF_MOVED);
        float scale = tryScales(max, start);
        if (scale > 0 && (plan.again == Again.ALWAYS || anyMoved())) {
            scale = settleAgain(scale);
        }
        return positive(scale);
    }

    /// Makes all trials; leaves [#index] and [#moved] of the best behind, or as they were if none was accepted.
    ///
    /// @return the scale of the best, or `start`
    protected float tryScales(float max, float start) {
        float scale = start;
        float best = 0;
        for (int t = -plan.reach; t <= plan.reach; t++) {
            float inverse = (2 * top + 1 + t * plan.step) / max;
            float trialScale = 1 / inverse;
            for (int k = 0; k < n / run; k++) {
                trial[k] = settle(inverse, trialScale, k);
                trialMoved[k] = settledMoved;
            }
            sum(trial);
            if (sumq2 > 0 && sumqx * sumqx > best * sumq2) {
                scale = sumqx / sumq2;
                best = scale * sumqx;
                System.arraycopy(trial, 0, index, 0, index.length);
                System.arraycopy(trialMoved, 0, moved, 0, moved.length);
            }
        }
        return scale;
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
            if (plan.again != Again.MOVED || moved[k]) {
                index[k] = settle(inverse, scale, k);
            }
        }
        sum(index);
        return sumq2 > 0 ? sumqx / sumq2 : scale;
    }

    private void sum(int[] index) {
        float qx = 0;
        float q2 = 0;
        for (int k = 0, i = 0; k < index.length; k++) {
            int code = lattice.code[index[k]];
            for (int end = i + run; i < end; i++, code >>>= 4) {
                float w = weight[i];
                float q = code & 15;
                qx += w * magnitude[i] * q;
                q2 += w * q * q;
            }
        }
        sumqx = qx;
        sumq2 = q2;
    }

    /// Rounds one run, and moves it to the grid if it is not on it.
    private int settle(float inverse, float scale, int k) {
        int point = 0;
        for (int i = (k + 1) * run - 1; i >= k * run; i--) {
            point = point * (top + 1) + Rounding.nearest(0.5f * (inverse * magnitude[i] - 1), 0, top);
        }
        int place = lattice.place[point];
        settledMoved = place < 0;
        if (place >= 0) {
            return place;
        }
        int nearest = isClear(inverse, scale, k)
                ? nearest(plan.contenders.start[point], k, scale)
                : lattice.nearest(lattice.list, -1 - place, magnitude, k * run, root, k * run, scale);
        if (nearest < 0) {
            throw Neighbours.tooLarge();
        }
        return nearest;
    }

    private boolean isClear(float inverse, float scale, int k) {
        if (plan.contenders.areAll) {
            return true;
        }
        boolean clear = Contenders.MIN_SCALE < scale && scale < Contenders.MAX_SCALE;
        for (int i = k * run; i < (k + 1) * run; i++) {
            clear &= Contenders.isClear(0.5f * (inverse * magnitude[i] - 1));
        }
        return clear;
    }

    /// The index of the contender nearest to a run, negative if no distance is finite.
    protected int nearest(int start, int k, float scale) {
        return lattice.nearest(plan.contenders.list, start, magnitude, k * run, root, k * run, scale);
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
