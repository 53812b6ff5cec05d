package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.Extremes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Extremes of consecutive values. Floats are compared as the integers that order like them: reducing integers is fast.
final class Magnitudes {

    private Magnitudes() {}

    /// The bits of the largest magnitude of any number of values.
    static int bits(float[] x, int from, int n) {
        IntVector max = IntVector.zero(Lanes.I);
        int i = 0;
        for (; i <= n - N; i += N) {
            max = max.max(
                    FloatVector.fromArray(F, x, from + i).reinterpretAsInts().and(Integer.MAX_VALUE));
        }
        int largest = max.reduceLanes(VectorOperators.MAX);
        for (; i < n; i++) {
            largest = Math.max(largest, Float.floatToRawIntBits(x[from + i]) & Integer.MAX_VALUE);
        }
        return largest;
    }

    /// The value of largest magnitude of a group of whole vectors, of equals the first; 0 if all are zero.
    static float signedMax(float[] x, int from, int n) {
        int largest = bits(x, from, n);
        if (largest == 0) {
            return 0f;
        }
        for (int i = from; i < from + n; i += N) {
            VectorMask<Integer> at = FloatVector.fromArray(F, x, i)
                    .reinterpretAsInts()
                    .and(Integer.MAX_VALUE)
                    .eq(largest);
            if (at.anyTrue()) {
                return x[i + at.firstTrue()];
            }
        }
        throw new AssertionError("no lane holds the maximum");
    }

    /// The smallest value of a group of whole vectors; of equals, which can only be zeros, the first.
    static float min(float[] x, int from, int n) {
        IntVector min = IntVector.broadcast(Lanes.I, Integer.MAX_VALUE);
        for (int i = from; i < from + n; i += N) {
            min = min.min(keys(FloatVector.fromArray(F, x, i).reinterpretAsInts()));
        }
        float value = value(min.reduceLanes(VectorOperators.MIN));
        return value == 0 ? Extremes.min(x, from, n) : value;
    }

    /// The largest value, as [#min].
    static float max(float[] x, int from, int n) {
        IntVector max = IntVector.broadcast(Lanes.I, Integer.MIN_VALUE);
        for (int i = from; i < from + n; i += N) {
            max = max.max(keys(FloatVector.fromArray(F, x, i).reinterpretAsInts()));
        }
        float value = value(max.reduceLanes(VectorOperators.MAX));
        return value == 0 ? Extremes.max(x, from, n) : value;
    }

    private static IntVector keys(IntVector bits) {
        return bits.lanewise(VectorOperators.ASHR, 31).and(Integer.MAX_VALUE).lanewise(VectorOperators.XOR, bits);
    }

    private static float value(int key) {
        return Float.intBitsToFloat(key >> 31 & Integer.MAX_VALUE ^ key);
    }
}
