package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/// Turns squares of [Lanes#N] by [Lanes#N] floats around their diagonal: quadrants first, then ever smaller ones.
final class Transpose {

    private static final VectorShuffle<Float> ACROSS_8 = across(8);
    private static final VectorShuffle<Float> ACROSS_4 = across(4);
    private static final VectorShuffle<Float> ACROSS_2 = across(2);
    private static final VectorShuffle<Float> ACROSS_1 = across(1);
    private static final VectorMask<Float> RIGHT_8 = right(8);
    private static final VectorMask<Float> RIGHT_4 = right(4);
    private static final VectorMask<Float> RIGHT_2 = right(2);
    private static final VectorMask<Float> RIGHT_1 = right(1);

    private Transpose() {}

    private static VectorShuffle<Float> across(int size) {
        return VectorShuffle.fromOp(F, i -> (i ^ size) % N);
    }

    private static VectorMask<Float> right(int size) {
        boolean[] right = new boolean[N];
        for (int i = 0; i < N; i++) {
            right[i] = (i & size) != 0;
        }
        return VectorMask.fromArray(F, right, 0);
    }

    /// Writes the square whose rows begin at every `step` floats from `values[from]` on.
    static void square(float[] values, int from, int step, float[] target, int to) {
        for (int i = 0; i < N; i++) {
            FloatVector.fromArray(F, values, from + i * step).intoArray(target, to + i * N);
        }
        if (N > 8) {
            swap(target, to, 8, ACROSS_8, RIGHT_8);
        }
        if (N > 4) {
            swap(target, to, 4, ACROSS_4, RIGHT_4);
        }
        swap(target, to, 2, ACROSS_2, RIGHT_2);
        swap(target, to, 1, ACROSS_1, RIGHT_1);
    }

    private static void swap(float[] target, int to, int size, VectorShuffle<Float> across, VectorMask<Float> right) {
        for (int k = 0; k < N / 2; k++) {
            int above = to + ((k & -size) + k) * N;
            int below = above + size * N;
            FloatVector a = FloatVector.fromArray(F, target, above);
            FloatVector b = FloatVector.fromArray(F, target, below);
            a.blend(b.rearrange(across), right).intoArray(target, above);
            a.rearrange(across).blend(b, right).intoArray(target, below);
        }
    }
}
