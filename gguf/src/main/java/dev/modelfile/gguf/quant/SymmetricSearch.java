package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Searches for the scale of a group whose elements are `scale * code`.
public final class SymmetricSearch {

    /// Groups with no larger magnitude count as all zero.
    public static final float EPSILON = 1e-15f;

    private SymmetricSearch() {}

    /// Tries the scale that maps the largest magnitude to `-levels` and 18 near it, each improved by least squares,
    /// and keeps the best: codes from -levels to levels-1, returned with `levels` added.
    ///
    /// @param weight weights of the squared errors from `weightFrom` on, or null for x^2
    /// @return the scale; 0 with all codes 0 if the group is zero
    public static float fit(
            int n, int levels, float[] x, int from, int[] code, int at, float @Nullable [] weight, int weightFrom) {
        float max = Extremes.signedMax(x, from, n);
        if (Math.abs(max) < EPSILON) {
            for (int i = 0; i < n; i++) {
                code[at + i] = 0;
            }
            return 0f;
        }
        float inverse = -levels / max;
        float sumlx = 0;
        float suml2 = 0;
        for (int i = 0; i < n; i++) {
            float v = x[from + i];
            int l = Rounding.nearest(inverse * v, -levels, levels - 1);
            code[at + i] = l + levels;
            float w = weight != null ? weight[weightFrom + i] : v * v;
            sumlx += w * v * l;
            suml2 += w * l * l;
        }
        float scale = suml2 != 0 ? sumlx / suml2 : 0f;
        float best = scale * sumlx;
        for (int step = -9; step <= 9; step++) {
            if (step == 0) {
                continue;
            }
            inverse = -(levels + 0.1f * step) / max;
            sumlx = 0;
            suml2 = 0;
            for (int i = 0; i < n; i++) {
                float v = x[from + i];
                int l = Rounding.nearest(inverse * v, -levels, levels - 1);
                float w = weight != null ? weight[weightFrom + i] : v * v;
                sumlx += w * v * l;
                suml2 += w * l * l;
            }
            if (suml2 > 0 && sumlx * sumlx > best * suml2) {
                for (int i = 0; i < n; i++) {
                    code[at + i] = Rounding.nearest(inverse * x[from + i], -levels, levels - 1) + levels;
                }
                scale = sumlx / suml2;
                best = scale * sumlx;
            }
        }
        return scale;
    }

    /// Rounds with the scale that maps the largest magnitude to `-levels`, then moves single codes as long as the
    /// squared error weighted by x^2 falls, at most five times over the group. Codes are returned with `levels` added.
    public static float descend(int n, int levels, float[] x, int from, int[] code, int at) {
        float max = Extremes.signedMax(x, from, n);
        if (Math.abs(max) < EPSILON) {
            for (int i = 0; i < n; i++) {
                code[at + i] = 0;
            }
            return 0f;
        }
        float inverse = -levels / max;
        float sumlx = 0;
        float suml2 = 0;
        for (int i = 0; i < n; i++) {
            float v = x[from + i];
            int l = Rounding.nearest(inverse * v, -levels, levels - 1);
            code[at + i] = l;
            float w = v * v;
            sumlx += w * v * l;
            suml2 += w * l * l;
        }
        boolean changed = true;
        for (int pass = 0; pass < 5 && changed; pass++) {
            changed = false;
            for (int i = 0; i < n; i++) {
                float v = x[from + i];
                int l = code[at + i];
                float w = v * v;
                float slx = sumlx - w * v * l;
                if (slx > 0) {
                    float sl2 = suml2 - w * l * l;
                    int moved = Rounding.nearest(v * sl2 / slx, -levels, levels - 1);
                    if (moved != l) {
                        slx += w * v * moved;
                        sl2 += w * moved * moved;
                        if (sl2 > 0 && slx * slx * suml2 > sumlx * sumlx * sl2) {
                            code[at + i] = moved;
                            sumlx = slx;
                            suml2 = sl2;
                            changed = true;
                        }
                    }
                }
            }
        }
        for (int i = 0; i < n; i++) {
            code[at + i] += levels;
        }
        return suml2 > 0f ? sumlx / suml2 : 0f;
    }

    /// The scale of non-negative values: the best of nine roundings by squared error, then single codes are moved as in
    /// [#descend]. Codes run from 0 to `levels`.
    ///
    /// Codes are kept in an unsigned byte, as ggml keeps them: a negative value, which only the sign flips of the
    /// grid types produce, wraps around.
    public static float fitPositive(int n, int levels, float[] x, int[] code, float[] weight) {
        float max = 0;
        for (int i = 0; i < n; i++) {
            max = max > x[i] ? max : x[i];
        }
        if (max < EPSILON) {
            for (int i = 0; i < n; i++) {
                code[i] = 0;
            }
            return 0f;
        }
        float inverse = bestInverse(n, levels, x, weight, max);
        float sumlx = 0;
        float suml2 = 0;
        for (int i = 0; i < n; i++) {
            int l = Math.min(levels, Rounding.nearest(inverse * x[i]));
            code[i] = l & 0xFF;
            float w = weight[i];
            sumlx += w * x[i] * l;
            suml2 += w * l * l;
        }
        boolean changed = true;
        for (int pass = 0; pass < 5 && changed; pass++) {
            changed = false;
            for (int i = 0; i < n; i++) {
                float w = weight[i];
                int l = code[i];
                float slx = sumlx - w * x[i] * l;
                float sl2 = suml2 - w * l * l;
                if (slx > 0 && sl2 > 0) {
                    int moved = Math.min(levels, Rounding.nearest(x[i] * sl2 / slx));
                    if (moved != l) {
                        slx += w * x[i] * moved;
                        sl2 += w * moved * moved;
                        if (slx * slx * suml2 > sumlx * sumlx * sl2) {
                            code[i] = moved & 0xFF;
                            sumlx = slx;
                            suml2 = sl2;
                            changed = true;
                        }
                    }
                }
            }
        }
        return suml2 > 0f ? sumlx / suml2 : 0f;
    }

    private static float bestInverse(int n, int levels, float[] x, float[] weight, float max) {
        float inverse = levels / max;
        float scale = 1 / inverse;
        float best = 0;
        for (int i = 0; i < n; i++) {
            float diff = x[i] - scale * (Rounding.nearest(inverse * x[i]) & 0xFF);
            best += weight[i] * diff * diff;
        }
        for (int step = -4; step <= 4; step++) {
            if (step == 0) {
                continue;
            }
            float trial = (0.1f * step + levels) / max;
            float trialScale = 1 / trial;
            float error = 0;
            for (int i = 0; i < n; i++) {
                int l = Math.min(levels, Rounding.nearest(trial * x[i]));
                float diff = x[i] - trialScale * l;
                error += weight[i] * diff * diff;
            }
            if (error < best) {
                best = error;
                inverse = trial;
            }
        }
        return inverse;
    }
}
