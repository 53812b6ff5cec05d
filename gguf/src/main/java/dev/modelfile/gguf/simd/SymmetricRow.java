package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.Rounding;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Fits all groups of a row with [SymmetricLanes], then rounds them with the scales as they are stored.
final class SymmetricRow {

    private final int n;
    private final int levels;
    private final Groups groups;
    private final SymmetricLanes lanes;
    private final float[] inverse;
    private final float[] code;

    /// By group: the scale.
    final float[] scale;
    /// By group: the sum of its weights, after [#fitWeighted].
    final float[] groupWeight;

    /// @param codes whether the row is fitted by [#descend]
    SymmetricRow(int n, int levels, int elements, boolean codes) {
        int count = Lanes.roundUp(elements / n);
        this.n = n;
        this.levels = levels;
        this.groups = new Groups(n);
        this.lanes = new SymmetricLanes(groups, levels);
        this.scale = new float[count];
        this.groupWeight = new float[count];
        this.inverse = new float[count];
        this.code = new float[codes ? count * n : 0];
    }

    /// Fits the row, with weights as given or x^2.
    void fit(float[] x, int from, int elements, float @Nullable [] weight) {
        for (int g = 0; g < elements / n; g += N) {
            int count = Math.min(N, elements / n - g);
            groups.take(x, from + g * n, count);
            if (weight == null) {
                groups.weighSquares();
            } else {
                groups.takeWeights(weight, g * n, count);
            }
            lanes.fit();
            keep(g);
        }
    }

    /// Fits the row with weights importance * sqrt(sigma2 + x^2).
    ///
    /// @param sigma2 by block of `perBlock` groups
    void fitWeighted(float[] x, int from, int elements, float[] importance, float[] sigma2, int perBlock) {
        float[] sigma = new float[N];
        for (int g = 0; g < elements / n; g += N) {
            int count = Math.min(N, elements / n - g);
            for (int j = 0; j < count; j++) {
                sigma[j] = sigma2[(g + j) / perBlock];
            }
            groups.take(x, from + g * n, count);
            groups.weighImportance(importance, g * n, count, sigma);
            groups.sumWeights(groupWeight, g);
            lanes.fit();
            keep(g);
        }
    }

    /// Fits the row by moving single codes, with weights x^2.
    void descend(float[] x, int from, int elements) {
        for (int g = 0; g < elements / n; g += N) {
            groups.take(x, from + g * n, Math.min(N, elements / n - g));
            groups.weighSquares();
            lanes.descend();
            System.arraycopy(lanes.code, 0, code, g * n, N * n);
            keep(g);
        }
    }

    private void keep(int g) {
        System.arraycopy(lanes.scale, 0, scale, g, N);
        System.arraycopy(lanes.inverse, 0, inverse, g, N);
    }

    /// Rounds group `g`, which begins at `x[from]`, to codes from 0 on: with the scale given or, if that is 0, as the
    /// search did.
    void round(int g, float[] x, int from, float d, int[] target, int at) {
        if (d == 0) {
            searched(g, x, from, target, at);
        } else {
            divide(x, from, n, d, levels, target, at);
        }
    }

    /// The codes that the search chose for group `g`.
    void searched(int g, float[] x, int from, int[] target, int at) {
        for (int i = 0; i < n; i++) {
            int l = code.length > 0
                    ? (int) code[g / N * N * n + i * N + g % N]
                    : Rounding.nearest(inverse[g] * x[from + i], -levels, levels - 1);
            target[at + i] = inverse[g] == 0 ? 0 : l + levels;
        }
    }

    private static void divide(float[] x, int from, int n, float d, int levels, int[] target, int at) {
        for (int i = 0; i < n; i += N) {
            FloatVector v = FloatVector.fromArray(Lanes.F, x, from + i).div(d);
            Lanes.nearest(v, -levels, levels - 1).add(levels).intoArray(target, at + i);
        }
    }
}
