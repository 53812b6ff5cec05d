package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// As many groups of a row as a vector has lanes, side by side: element i of the group in lane j is at `i * N + j`.
///
/// One object serves one row.
final class Groups {

    /// Elements per group.
    final int n;
    /// The values.
    final float[] x;
    /// The weights of the errors.
    final float[] weight;

    Groups(int n) {
        this.n = n;
        this.x = new float[n * N];
        this.weight = new float[n * N];
    }

    /// Takes `count` groups from `values[from]` on; lanes without a group are zero.
    void take(float[] values, int from, int count) {
        transpose(values, from, count, x);
    }

    /// Weights are what the values would be.
    void takeWeights(float[] values, int from, int count) {
        transpose(values, from, count, weight);
    }

    private void transpose(float[] values, int from, int count, float[] target) {
        if (count == N && n % N == 0) {
            for (int i = 0; i < n; i += N) {
                Transpose.square(values, from + i, n, target, i * N);
            }
            return;
        }
        for (int j = 0; j < count; j++) {
            int at = from + j * n;
            for (int i = 0; i < n; i++) {
                target[i * N + j] = values[at + i];
            }
        }
        for (int j = count; j < N; j++) {
            for (int i = 0; i < n; i++) {
                target[i * N + j] = 0;
            }
        }
    }

    /// Weights x^2.
    void weighSquares() {
        for (int i = 0; i < x.length; i += N) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            v.mul(v).intoArray(weight, i);
        }
    }

    /// Weights |x|.
    void weighMagnitudes() {
        for (int i = 0; i < x.length; i += N) {
            FloatVector.fromArray(F, x, i).abs().intoArray(weight, i);
        }
    }

    /// Weights |x| plus the root of the group's mean square.
    void weighAboutMean() {
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < x.length; i += N) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            sum = sum.add(v.mul(v));
        }
        FloatVector mean = sum.div(n).sqrt();
        for (int i = 0; i < x.length; i += N) {
            mean.add(FloatVector.fromArray(F, x, i).abs()).intoArray(weight, i);
        }
    }

    /// Weights importance * sqrt(sigma2 + x^2).
    ///
    /// @param sigma2 one value per lane
    void weighImportance(float[] importance, int column, int count, float[] sigma2) {
        transpose(importance, column, count, weight);
        FloatVector sigma = FloatVector.fromArray(F, sigma2, 0);
        for (int i = 0; i < x.length; i += N) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            FloatVector root = sigma.add(v.mul(v)).sqrt();
            FloatVector.fromArray(F, weight, i).mul(root).intoArray(weight, i);
        }
    }

    /// Writes the sums of the weights.
    void sumWeights(float[] target, int at) {
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < weight.length; i += N) {
            sum = sum.add(FloatVector.fromArray(F, weight, i));
        }
        sum.intoArray(target, at);
    }

    /// Writes the value of largest magnitude of each lane, with its sign.
    void signedMax(float[] target) {
        FloatVector amax = FloatVector.zero(F);
        FloatVector max = amax;
        for (int i = 0; i < x.length; i += N) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            FloatVector a = v.abs();
            VectorMask<Float> larger = a.compare(VectorOperators.GT, amax);
            amax = amax.blend(a, larger);
            max = max.blend(v, larger);
        }
        max.intoArray(target, 0);
    }
}
