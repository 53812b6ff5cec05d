package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Weights;

/// Sums of squares of blocks of 256, each from first to last; four blocks at a time, because one sum alone waits for
/// every addition.
final class BlockSums {

    private static final int BLOCK = 256;

    private BlockSums() {}

    /// The sums of all blocks of a row.
    static float[] squares(float[] x, int from, int elements) {
        float[] sums = new float[elements / BLOCK];
        int b = 0;
        for (; b + 4 <= sums.length; b += 4) {
            four(x, from + b * BLOCK, sums, b);
        }
        for (; b < sums.length; b++) {
            sums[b] = Weights.sumOfSquares(x, from + b * BLOCK, BLOCK);
        }
        return sums;
    }

    private static void four(float[] x, int from, float[] sums, int at) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        for (int i = from; i < from + BLOCK; i++) {
            s0 += x[i] * x[i];
            s1 += x[i + BLOCK] * x[i + BLOCK];
            s2 += x[i + 2 * BLOCK] * x[i + 2 * BLOCK];
            s3 += x[i + 3 * BLOCK] * x[i + 3 * BLOCK];
        }
        sums[at] = s0;
        sums[at + 1] = s1;
        sums[at + 2] = s2;
        sums[at + 3] = s3;
    }
}
