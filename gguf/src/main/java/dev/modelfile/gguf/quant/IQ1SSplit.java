package dev.modelfile.gguf.quant;

/// The search of IQ1_S for the best split of a sorted group of 32 into -1, 0 and 1, and for the grid points nearest to
/// its runs.
///
/// Open for the class that compares many splits at once. One object serves one row.
public class IQ1SSplit {

    /// The indexes of the elements by ascending value.
    protected final int[] order = new int[32];
    /// Sums over the first elements in that order, with room for vectors behind.
    protected final float[] sumx = new float[33 + 16];
    protected final float[] sumw = new float[33 + 16];

    /// Where digit 1 begins, in sorted order; negative if nothing was found.
    int first;
    /// Where digit 2 begins.
    int second;
    /// Whether the levels are shifted down.
    boolean shiftDown;

    private float best;
    private float scale;

    /// Searches all splits, with the levels shifted up and down; leaves the best behind and returns its scale.
    final float search(float[] x, int from, float[] weight) {
        sort(x, from);
        for (int j = 0; j < 32; j++) {
            int i = order[j];
            sumx[j + 1] = sumx[j] + weight[i] * x[from + i];
            sumw[j + 1] = sumw[j] + weight[i];
        }
        first = -1;
        shiftDown = false;
        best = -Float.MAX_VALUE;
        scale = 0;
        trySplits();
        return scale;
    }

    protected void sort(float[] x, int from) {
        TernarySplit.sort(x, from, 32, order);
    }

    /// Calls [#consider] in order for all splits, or for those that may be the last to be better than all before.
    protected void trySplits() {
        for (int i1 = 0; i1 <= 32; i1++) {
            for (int i2 = i1; i2 <= 32; i2++) {
                consider(i1, i2);
            }
        }
    }

    /// Keeps a split, with the levels shifted up or down, if it is better than the best before.
    protected final void consider(int i1, int i2) {
        float x0 = sumx[i1] - sumx[0];
        float x1 = sumx[i2] - sumx[i1];
        float x2 = sumx[32] - sumx[i2];
        float w0 = sumw[i1] - sumw[0];
        float w1 = sumw[i2] - sumw[i1];
        float w2 = sumw[32] - sumw[i2];
        float[] up = TernarySplit.UP;
        float[] lo = TernarySplit.DOWN;
        float sumqx = x0 * up[0] + x1 * up[1] + x2 * up[2];
        float sumq2 = w0 * up[0] * up[0] + w1 * up[1] * up[1] + w2 * up[2] * up[2];
        if (sumq2 > 0 && sumqx * sumqx > best * sumq2) {
            keep(sumqx, sumq2, i1, i2, false);
        }
        sumqx = x0 * lo[0] + x1 * lo[1] + x2 * lo[2];
        sumq2 = w0 * lo[0] * lo[0] + w1 * lo[1] * lo[1] + w2 * lo[2] * lo[2];
        if (sumq2 > 0 && sumqx * sumqx > best * sumq2) {
            keep(sumqx, sumq2, i1, i2, true);
        }
    }

    private void keep(float sumqx, float sumq2, int i1, int i2, boolean down) {
        scale = sumqx / sumq2;
        best = scale * sumqx;
        first = i1;
        second = i2;
        shiftDown = down;
    }

    /// As [TernarySplit#nearest].
    protected int nearest(int point, float[] x, int from, float[] weight, int w, float scale, float[] level) {
        return TernarySplit.nearest(point, x, from, weight, w, scale, level);
    }
}
