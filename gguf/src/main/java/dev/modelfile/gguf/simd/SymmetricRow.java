package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.N;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Fits all groups of a row with [SymmetricLanes].
final class SymmetricRow extends ScaleRow {

    private final Groups groups;
    private final SymmetricLanes lanes;
    private final float[] inverse;

    SymmetricRow(int n, int levels, int elements) {
        super(n, levels, Lanes.roundUp(elements / n));
        this.groups = new Groups(n);
        this.lanes = new SymmetricLanes(groups, levels);
        this.inverse = new float[scale.length];
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

    private void keep(int g) {
        System.arraycopy(lanes.scale, 0, scale, g, N);
        System.arraycopy(lanes.inverse, 0, inverse, g, N);
    }

    @Override
    void searched(int g, float[] x, int from, int[] target, int at) {
        if (inverse[g] == 0) {
            Arrays.fill(target, at, at + n, 0);
        } else {
            multiply(x, from, n, inverse[g], levels, target, at);
        }
    }

    private static void multiply(float[] x, int from, int n, float inverse, int levels, int[] target, int at) {
        for (int i = 0; i < n; i += N) {
            FloatVector v = FloatVector.fromArray(Lanes.F, x, from + i).mul(inverse);
            Lanes.nearest(v, -levels, levels - 1).add(levels).intoArray(target, at + i);
        }
    }
}
