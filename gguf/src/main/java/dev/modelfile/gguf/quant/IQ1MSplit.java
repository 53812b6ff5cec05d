package dev.modelfile.gguf.quant;

/// The search of IQ1_M for the best split of a sorted group of 16 into -1, 0 and 1.
///
/// Either run of eight may have its levels shifted up or down, which makes four sums per split; prefix sums per run
/// give each in constant time. The sums follow llama.cpp of September 2026, whose earlier versions added in another
/// order and differ in a few of a million blocks.
final class IQ1MSplit {

    private final float[] sumx0 = new float[17];
    private final float[] sumx1 = new float[17];
    private final float[] sumw0 = new float[17];
    private final float[] sumw1 = new float[17];

    /// Where digit 1 begins, in sorted order.
    int first;
    /// Where digit 2 begins.
    int second;
    /// Bit 1: the first run is shifted down; bit 0: the second run is. Negative if nothing was found.
    int shift;

    private float best;
    private float scale;

    /// Searches all splits; leaves the best behind and returns its scale.
    float search(float[] x, int from, float[] weight, int[] order) {
        prefixSums(x, from, weight, order);
        best = -Float.MAX_VALUE;
        scale = 0;
        shift = -1;
        float[] up = TernarySplit.UP;
        float[] lo = TernarySplit.DOWN;
        float up1 = up[0] * up[0] - up[1] * up[1];
        float up2 = up[1] * up[1] - up[2] * up[2];
        float lo1 = lo[0] * lo[0] - lo[1] * lo[1];
        float lo2 = lo[1] * lo[1] - lo[2] * lo[2];
        float upx0 = sumx0[16] * up[2];
        float lox0 = sumx0[16] * lo[2];
        float upx1 = sumx1[16] * up[2];
        float lox1 = sumx1[16] * lo[2];
        float upw0 = sumw0[16] * up[2] * up[2];
        float low0 = sumw0[16] * lo[2] * lo[2];
        float upw1 = sumw1[16] * up[2] * up[2];
        float low1 = sumw1[16] * lo[2] * lo[2];
        for (int i1 = 0; i1 <= 16; i1++) {
            for (int i2 = i1; i2 <= 16; i2++) {
                float sx0 = sumx0[i1] + sumx0[i2];
                float sx1 = sumx1[i1] + sumx1[i2];
                float q2up0 = upw0 + sumw0[i1] * up1 + sumw0[i2] * up2;
                float q2lo0 = low0 + sumw0[i1] * lo1 + sumw0[i2] * lo2;
                float q2up1 = upw1 + sumw1[i1] * up1 + sumw1[i2] * up2;
                float q2lo1 = low1 + sumw1[i1] * lo1 + sumw1[i2] * lo2;
                consider(upx0 - sx0 + (upx1 - sx1), q2up0 + q2up1, i1, i2, 0);
                consider(upx0 - sx0 + (lox1 - sx1), q2up0 + q2lo1, i1, i2, 1);
                consider(lox0 - sx0 + (upx1 - sx1), q2lo0 + q2up1, i1, i2, 2);
                consider(lox0 - sx0 + (lox1 - sx1), q2lo0 + q2lo1, i1, i2, 3);
            }
        }
        return scale;
    }

    private void consider(float sumqx, float sumq2, int i1, int i2, int shifts) {
        if (sumq2 > 0 && sumqx * sumqx > best * sumq2) {
            scale = sumqx / sumq2;
            best = scale * sumqx;
            first = i1;
            second = i2;
            shift = shifts;
        }
    }

    private void prefixSums(float[] x, int from, float[] weight, int[] order) {
        for (int j = 0; j < 16; j++) {
            int i = order[j];
            float w = weight[i];
            float wx = w * x[from + i];
            sumx0[j + 1] = sumx0[j];
            sumw0[j + 1] = sumw0[j];
            sumx1[j + 1] = sumx1[j];
            sumw1[j + 1] = sumw1[j];
            if (i < 8) {
                sumx0[j + 1] = sumx0[j] + wx;
                sumw0[j + 1] = sumw0[j] + w;
            } else {
                sumx1[j + 1] = sumx1[j] + wx;
                sumw1[j + 1] = sumw1[j] + w;
            }
        }
    }
}
