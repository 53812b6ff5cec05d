package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.N;

import org.jspecify.annotations.Nullable;

/// Fits all groups of 32 of a row with [LevelLanes].
final class LevelRow {

    private LevelRow() {}

    /// Returns the scale of each group.
    ///
    /// @param sigma2 by block of `perBlock` groups; used with an importance matrix
    static float[] fit(float[] x, int from, int elements, float @Nullable [] importance, float[] sigma2, int perBlock) {
        int total = elements / 32;
        float[] scale = new float[Lanes.roundUp(total)];
        float[] sigma = new float[N];
        Groups groups = new Groups(32);
        LevelLanes lanes = new LevelLanes(groups);
        for (int g = 0; g < total; g += N) {
            int count = Math.min(N, total - g);
            groups.take(x, from + g * 32, count);
            if (importance == null) {
                groups.weighSquares();
            } else {
                for (int j = 0; j < count; j++) {
                    sigma[j] = sigma2[(g + j) / perBlock];
                }
                groups.weighImportance(importance, g * 32, count, sigma);
            }
            lanes.fit();
            System.arraycopy(lanes.scale, 0, scale, g, N);
        }
        return scale;
    }
}
