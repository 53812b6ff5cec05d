package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.N;

/// Fits all groups of a row with [DescentLanes].
final class DescentRow extends ScaleRow {

    private final Groups groups;
    private final DescentLanes lanes;
    private final float[] code;

    DescentRow(int n, int levels, int elements) {
        super(n, levels, Lanes.roundUp(elements / n));
        this.groups = new Groups(n);
        this.lanes = new DescentLanes(groups, levels);
        this.code = new float[scale.length * n];
    }

    /// Fits the row with weights x^2.
    void fit(float[] x, int from, int elements) {
        for (int g = 0; g < elements / n; g += N) {
            groups.take(x, from + g * n, Math.min(N, elements / n - g));
            lanes.descend();
            System.arraycopy(lanes.scale, 0, scale, g, N);
            System.arraycopy(lanes.code, 0, code, g * n, N * n);
        }
    }

    @Override
    void searched(int g, float[] x, int from, int[] target, int at) {
        for (int i = 0; i < n; i++) {
            target[at + i] = (int) code[(g / N * n + i) * N + g % N] + levels;
        }
    }
}
