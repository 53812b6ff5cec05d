package dev.modelfile.gguf.quant;

/// The weights with which the searches count errors.
public final class Weights {

    private Weights() {}

    public static float sumOfSquares(float[] x, int from, int n) {
        float sum = 0;
        for (int i = from; i < from + n; i++) {
            sum += x[i] * x[i];
        }
        return sum;
    }

    public static float sum(float[] w, int n) {
        float sum = 0;
        for (int i = 0; i < n; i++) {
            sum += w[i];
        }
        return sum;
    }

    /// The usual weight with an importance matrix: importance * sqrt(sigma2 + x^2).
    public static void fill(float[] weight, float[] importance, int column, float sigma2, float[] x, int from, int n) {
        for (int i = 0; i < n; i++) {
            float v = x[from + i];
            weight[i] = importance[column + i] * (float) Math.sqrt(sigma2 + v * v);
        }
    }

    /// The usual weight without one: x^2.
    public static void squares(float[] weight, float[] x, int from, int n) {
        for (int i = 0; i < n; i++) {
            weight[i] = x[from + i] * x[from + i];
        }
    }

    public static void roots(float[] root, float[] weight, int n) {
        for (int i = 0; i < n; i++) {
            root[i] = (float) Math.sqrt(weight[i]);
        }
    }
}
