package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.Rounding;
import jdk.incubator.vector.FloatVector;

/// Fits all groups of a row with [AffineLanes], then rounds them with the scales as they are stored.
final class AffineRow {

    private final int n;
    private final int levels;
    private final Groups[] groups = new Groups[2];
    private final AffineLanes[] lanes = new AffineLanes[2];
    private final float[] inverse;
    private final float[] origin;

    /// By group: the scale.
    final float[] scale;
    /// By group: how far it reaches below zero.
    final float[] offset;
    /// By group: the sum of its weights.
    final float[] groupWeight;

    AffineRow(int n, int levels, int elements, float first, float delta, int steps, boolean absolute) {
        int count = Lanes.roundUp(elements / n) + N;
        this.n = n;
        this.levels = levels;
        for (int k = 0; k < 2; k++) {
            groups[k] = new Groups(n);
            lanes[k] = new AffineLanes(groups[k], levels, first, delta, steps, absolute);
        }
        this.scale = new float[count];
        this.offset = new float[count];
        this.groupWeight = new float[count];
        this.inverse = new float[count];
        this.origin = new float[count];
    }

    /// The search that importance matrices bring.
    static AffineRow withImportance(int n, int levels, int elements) {
        return new AffineRow(n, levels, elements, -0.9f, 0.05f, 36, false);
    }

    /// Fits the row with weights |x|, or |x| plus the root of the group's mean square.
    void fit(float[] x, int from, int elements, boolean aboutMean) {
        for (int g = 0; g < elements / n; g += 2 * N) {
            for (int k = 0; k < 2; k++) {
                int first = g + k * N;
                groups[k].take(x, from + first * n, Math.clamp(elements / n - first, 0, N));
                if (aboutMean) {
                    groups[k].weighAboutMean();
                } else {
                    groups[k].weighMagnitudes();
                }
            }
            fitLanes(g);
        }
    }

    /// Fits the row with weights importance * sqrt(sigma2 + x^2).
    ///
    /// @param sigma2 by block of `perBlock` groups
    void fitWeighted(float[] x, int from, int elements, float[] importance, float[] sigma2, int perBlock) {
        float[] sigma = new float[N];
        for (int g = 0; g < elements / n; g += 2 * N) {
            for (int k = 0; k < 2; k++) {
                int first = g + k * N;
                int count = Math.clamp(elements / n - first, 0, N);
                for (int j = 0; j < count; j++) {
                    sigma[j] = sigma2[(first + j) / perBlock];
                }
                groups[k].take(x, from + first * n, count);
                groups[k].weighImportance(importance, first * n, count, sigma);
            }
            fitLanes(g);
        }
    }

    private void fitLanes(int g) {
        AffineLanes.fit(lanes[0], lanes[1]);
        keep(lanes[0], g);
        if (g + N < scale.length) {
            keep(lanes[1], g + N);
        }
    }

    private void keep(AffineLanes from, int g) {
        System.arraycopy(from.scale, 0, scale, g, N);
        System.arraycopy(from.inverse, 0, inverse, g, N);
        System.arraycopy(from.origin, 0, origin, g, N);
        System.arraycopy(from.sumw, 0, groupWeight, g, N);
        for (int j = 0; j < N; j++) {
            offset[g + j] = -from.min[j];
        }
    }

    /// Rounds group `g`, which begins at `x[from]`, to codes: with the scales given or, if `d` is 0, as the search did.
    void round(int g, float[] x, int from, float d, float m, int[] code, int at) {
        if (d == 0) {
            searched(g, x, from, code, at);
        } else {
            divide(x, from, n, m, d, levels, code, at);
        }
    }

    /// The codes that the search chose for group `g`.
    void searched(int g, float[] x, int from, int[] code, int at) {
        for (int i = 0; i < n; i++) {
            code[at + i] = Rounding.nearest(inverse[g] * (x[from + i] - origin[g]), 0, levels);
        }
    }

    private static void divide(float[] x, int from, int n, float m, float d, int levels, int[] code, int at) {
        for (int i = 0; i < n; i += N) {
            FloatVector v = FloatVector.fromArray(Lanes.F, x, from + i).add(m).div(d);
            Lanes.nearest(v, 0, levels).intoArray(code, at + i);
        }
    }
}
