package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// The sixteen uneven levels of IQ4_NL and IQ4_XS and the search for a group's scale.
public final class NonLinear {

    private static final float[] LEVELS = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /// Twice the midpoint between each level and the one below it.
    private static final float[] BOUNDS = {0, -231, -187, -148, -114, -84, -57, -32, -9, 14, 38, 63, 91, 122, 158, 202};

    private NonLinear() {}

    public static float level(int code) {
        return LEVELS[code];
    }

    /// Twice the midpoint between the level of a code and the one below it.
    public static float bound(int code) {
        return BOUNDS[code];
    }

    /// The code of the level nearest to `x`; a tie goes to the upper one.
    public static int nearest(float x) {
        float doubled = x + x;
        int code = doubled >= BOUNDS[8] ? 8 : 0;
        code += doubled >= BOUNDS[code + 4] ? 4 : 0;
        code += doubled >= BOUNDS[code + 2] ? 2 : 0;
        return code + (doubled >= BOUNDS[code + 1] ? 1 : 0);
    }

    /// Fills the weights of a group of 32: x^2, or importance * sqrt(sigma2 + x^2).
    public static void weigh(
            float[] weight, float[] x, int from, float @Nullable [] importance, int column, float sigma2) {
        if (importance == null) {
            Weights.squares(weight, x, from, 32);
        } else {
            Weights.fill(weight, importance, column, sigma2, x, from, 32);
        }
    }

    /// The scale of a group of 32: the one that maps the largest magnitude to level 127 and fifteen that map it to
    /// -134 to -120, each improved by least squares.
    ///
    /// @return the best scale; 0 if the group is zero
    public static float fit(float[] x, int from, float[] weight) {
        float max = Extremes.signedMax(x, from, 32);
        if (Math.abs(max) < SymmetricSearch.EPSILON) {
            return 0f;
        }
        float scale = 0f;
        float best = 0f;
        for (int step = -8; step <= 7; step++) {
            boolean first = step == -8;
            float inverse = first ? 1 / (-max / LEVELS[0]) : (step + LEVELS[0]) / max;
            float sumqx = 0;
            float sumq2 = 0;
            for (int j = 0; j < 32; j++) {
                float v = x[from + j];
                float q = LEVELS[nearest(inverse * v)];
                float w = weight[j];
                sumqx += w * q * v;
                sumq2 += w * q * q;
            }
            if (first) {
                scale = sumq2 > 0 ? sumqx / sumq2 : 0f;
                best = scale * sumqx;
            } else if (sumq2 > 0 && sumqx * sumqx > best * sumq2) {
                scale = sumqx / sumq2;
                best = scale * sumqx;
            }
        }
        return scale;
    }

    /// Writes the codes of 32 values divided by a scale, in the nibble order of [Q4_0].
    public static void encode(float[] x, int from, float inverse, byte[] blocks, int at) {
        for (int j = 0; j < 16; j++) {
            int low = nearest(inverse * x[from + j]);
            int high = nearest(inverse * x[from + 16 + j]);
            blocks[at + j] = (byte) (low | high << 4);
        }
    }
}
