package dev.modelfile.gguf.quant;

/// Largest and smallest values of a group. The first of equals wins, which decides signs.
public final class Extremes {

    private Extremes() {}

    /// The value of largest magnitude, with its sign; 0 if all are zero.
    public static float signedMax(float[] x, int from, int n) {
        float amax = 0;
        float max = 0;
        for (int i = from; i < from + n; i++) {
            float a = Math.abs(x[i]);
            if (a > amax) {
                amax = a;
                max = x[i];
            }
        }
        return max;
    }

    /// The largest magnitude.
    public static float absMax(float[] x, int from, int n) {
        float amax = 0;
        for (int i = from; i < from + n; i++) {
            amax = Math.max(amax, Math.abs(x[i]));
        }
        return amax;
    }

    /// The largest value.
    public static float max(float[] x, int from, int n) {
        float max = x[from];
        for (int i = from + 1; i < from + n; i++) {
            max = x[i] > max ? x[i] : max;
        }
        return max;
    }

    /// The smallest value.
    public static float min(float[] x, int from, int n) {
        float min = x[from];
        for (int i = from + 1; i < from + n; i++) {
            min = x[i] < min ? x[i] : min;
        }
        return min;
    }
}
