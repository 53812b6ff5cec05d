package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import jdk.incubator.vector.FloatVector;

/// The groups of a row, fitted with a scale each, which are then rounded with the scales as they are stored.
abstract class ScaleRow {

    final int n;
    final int levels;

    /// By group: the scale.
    final float[] scale;
    /// By group: the sum of its weights, where the fit counts them.
    final float[] groupWeight;

    /// @param count how many groups there is room for
    ScaleRow(int n, int levels, int count) {
        this.n = n;
        this.levels = levels;
        this.scale = new float[count];
        this.groupWeight = new float[count];
    }

    /// The codes from 0 on that the search chose for group `g`, which begins at `x[from]`.
    abstract void searched(int g, float[] x, int from, int[] target, int at);

    /// Rounds group `g`, which begins at `x[from]`, to codes from 0 on: with the scale given or, if that is 0, as the
    /// search did.
    final void round(int g, float[] x, int from, float d, int[] target, int at) {
        if (d == 0) {
            searched(g, x, from, target, at);
        } else {
            divide(x, from, n, d, levels, target, at);
        }
    }

    private static void divide(float[] x, int from, int n, float d, int levels, int[] target, int at) {
        for (int i = 0; i < n; i += N) {
            FloatVector v = FloatVector.fromArray(F, x, from + i).div(d);
            Lanes.nearest(v, -levels, levels - 1).add(levels).intoArray(target, at + i);
        }
    }
}
