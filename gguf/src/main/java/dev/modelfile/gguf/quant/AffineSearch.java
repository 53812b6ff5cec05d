package dev.modelfile.gguf.quant;

/// Searches for the scale and the minimum of a group whose elements are `scale * code - offset`.
///
/// One object serves one row: it owns the weights of the current group and the trial codes.
final class AffineSearch {

    private final int n;
    private final int levels;
    private final float first;
    private final float delta;
    private final int steps;
    private final boolean absolute;
    private final int[] trial;

    /// Weights of the errors; the caller fills them before each [#fit].
    final float[] weight;

    /// How far the group reaches below zero: the negated minimum of the last [#fit].
    float offset;

    /// @param n elements per group
    /// @param levels the largest code
    /// @param first how far from `levels` the first trial begins
    /// @param delta how far apart trials are
    /// @param steps how many trials, minus one
    /// @param absolute whether errors count by magnitude instead of squared
    AffineSearch(int n, int levels, float first, float delta, int steps, boolean absolute) {
        this.n = n;
        this.levels = levels;
        this.first = first;
        this.delta = delta;
        this.steps = steps;
        this.absolute = absolute;
        this.trial = new int[n];
        this.weight = new float[n];
    }

    /// The search that importance matrices bring: 37 trials from 0.9 below, squared errors.
    static AffineSearch withImportance(int n, int levels) {
        return new AffineSearch(n, levels, -0.9f, 0.05f, 36, false);
    }

    /// Fits the group that begins at `x[from]`, stores its codes from `code[at]` on, leaves [#offset] behind.
    ///
    /// @return the scale; 0 with all codes 0 if all values are equal and not below zero
    float fit(float[] x, int from, int[] code, int at) {
        float min = Extremes.min(x, from, n);
        float max = Extremes.max(x, from, n);
        float sumw = weight[0];
        float sumx = sumw * x[from];
        for (int i = 1; i < n; i++) {
            sumw += weight[i];
            sumx += weight[i] * x[from + i];
        }
        if (min > 0) {
            min = 0;
        }
        offset = -min;
        if (max <= min) {
            for (int i = 0; i < n; i++) {
                code[at + i] = 0;
            }
            return 0f;
        }
        return search(x, from, code, at, min, max, sumw, sumx);
    }

    private float search(float[] x, int from, int[] code, int at, float lowest, float max, float sumw, float sumx) {
        float min = lowest;
        float inverse = levels / (max - lowest);
        float scale = 1 / inverse;
        for (int i = 0; i < n; i++) {
            code[at + i] = Rounding.nearest(inverse * (x[from + i] - lowest), 0, levels);
        }
        float best = error(x, from, code, at, scale, lowest);
        // Trials are spread over the range that remains after the last accepted minimum.
        for (int step = 0; step <= steps; step++) {
            inverse = (first + delta * step + levels) / (max - min);
            float suml = 0;
            float suml2 = 0;
            float sumxl = 0;
            for (int i = 0; i < n; i++) {
                float v = x[from + i];
                int l = Rounding.nearest(inverse * (v - min), 0, levels);
                trial[i] = l;
                float w = weight[i];
                suml += w * l;
                suml2 += w * l * l;
                sumxl += w * l * v;
            }
            float determinant = sumw * suml2 - suml * suml;
            if (determinant > 0) {
                float trialScale = (sumw * sumxl - sumx * suml) / determinant;
                float trialMin = (suml2 * sumx - suml * sumxl) / determinant;
                if (trialMin > 0) {
                    trialMin = 0;
                    trialScale = sumxl / suml2;
                }
                float error = error(x, from, trial, 0, trialScale, trialMin);
                if (error < best) {
                    System.arraycopy(trial, 0, code, at, n);
                    best = error;
                    scale = trialScale;
                    min = trialMin;
                }
            }
        }
        offset = -min;
        return scale;
    }

    private float error(float[] x, int from, int[] code, int at, float scale, float min) {
        float sum = 0;
        if (absolute) {
            for (int i = 0; i < n; i++) {
                float diff = scale * code[at + i] + min - x[from + i];
                sum += weight[i] * Math.abs(diff);
            }
        } else {
            for (int i = 0; i < n; i++) {
                float diff = scale * code[at + i] + min - x[from + i];
                sum += weight[i] * (diff * diff);
            }
        }
        return sum;
    }
}
