package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.IQ1SSplit;
import dev.modelfile.gguf.quant.Neighbours;
import dev.modelfile.gguf.quant.TernarySplit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The search of IQ1_S with one split per lane.
///
/// Lanes compute about how good each split is; those that come within a hundredth of the best are compared in order and
/// exactly. A split that is worse can neither be the last one kept nor decide which one is: what rounding takes away
/// from a comparison is a thousand times less, even if all 1122 comparisons add up.
final class TernaryLanes extends IQ1SSplit {

    private static final float NEAR = 0.99f;
    /// Bounds within which all sums and products are normal floats.
    private static final float SMALL = 1e-15f;
    private static final float LARGE = 1e15f;
    /// Room for a row of splits with the same first place.
    private static final int ROW = 33 + 16;

    private static final class Lazy {
        static final NeighbourCodes CODES = new NeighbourCodes(TernarySplit.neighbours());
    }

    private final float[] ratio = new float[33 * ROW];
    private final float[] most = new float[N];

    @Override
    protected void sort(float[] x, int from) {
        for (int i = 0; i < 32; i++) {
            float v = x[from + i];
            long less = 0;
            long same = 0;
            for (int j = 0; j < 32; j += N) {
                FloatVector others = FloatVector.fromArray(F, x, from + j);
                less |= others.compare(VectorOperators.LT, v).toLong() << j;
                same |= others.compare(VectorOperators.EQ, v).toLong() << j;
            }
            order[Long.bitCount(less | same & (1L << i) - 1)] = i;
        }
    }

    @Override
    protected void trySplits() {
        float w = sumw[32];
        if (!(SMALL < w && w < LARGE)) {
            super.trySplits();
            return;
        }
        for (int i = 33; i < ROW; i++) {
            sumx[i] = sumx[32];
            sumw[i] = w;
        }
        FloatVector.zero(F).intoArray(most, 0);
        for (int i1 = 0; i1 <= 32; i1++) {
            compare(i1);
        }
        float best = 0;
        for (int j = 0; j < N; j++) {
            best = most[j] > best ? most[j] : best;
        }
        if (!(SMALL < best && best < LARGE)) {
            super.trySplits();
            return;
        }
        for (int i1 = 0; i1 <= 32; i1++) {
            considerNear(i1, NEAR * best);
        }
    }

    /// Computes for all splits that begin at `i1` the square of the projection, of the better shift.
    private void compare(int i1) {
        float[] up = TernarySplit.UP;
        float[] lo = TernarySplit.DOWN;
        float upx = sumx[32] * up[2] - sumx[i1];
        float lox = sumx[32] * lo[2] - sumx[i1];
        float upw = sumw[32] * up[2] * up[2] + sumw[i1] * (up[0] * up[0] - up[1] * up[1]);
        float low = sumw[32] * lo[2] * lo[2] + sumw[i1] * (lo[0] * lo[0] - lo[1] * lo[1]);
        float upStep = up[1] * up[1] - up[2] * up[2];
        float loStep = lo[1] * lo[1] - lo[2] * lo[2];
        FloatVector max = FloatVector.fromArray(F, most, 0);
        for (int i2 = i1; i2 <= 32; i2 += N) {
            FloatVector x = FloatVector.fromArray(F, sumx, i2);
            FloatVector w = FloatVector.fromArray(F, sumw, i2);
            FloatVector upDot = x.neg().add(upx);
            FloatVector loDot = x.neg().add(lox);
            FloatVector upRatio = upDot.mul(upDot).div(w.mul(upStep).add(upw));
            FloatVector loRatio = loDot.mul(loDot).div(w.mul(loStep).add(low));
            FloatVector better = upRatio.blend(loRatio, loRatio.compare(VectorOperators.GT, upRatio));
            better.intoArray(ratio, i1 * ROW + i2);
            max = max.blend(better, better.compare(VectorOperators.GT, max));
        }
        max.intoArray(most, 0);
    }

    private void considerNear(int i1, float bound) {
        for (int i2 = i1; i2 <= 32; i2 += N) {
            VectorMask<Float> near =
                    FloatVector.fromArray(F, ratio, i1 * ROW + i2).compare(VectorOperators.GE, bound);
            for (long rest = near.toLong(); rest != 0; rest &= rest - 1) {
                int split = i2 + Long.numberOfTrailingZeros(rest);
                if (split <= 32) {
                    consider(i1, split);
                }
            }
        }
    }

    @Override
    protected int nearest(int point, float[] x, int from, float[] weight, int w, float scale, float[] level) {
        Neighbours lattice = TernarySplit.neighbours();
        int start = -1 - lattice.place[point];
        int found = NeighbourCodes.nearest(
                Lazy.CODES.codes, start + 1, lattice.list[start], 8, x, from, weight, w, scale, 0.5f, level[1] - 1.5f);
        if (found < 0) {
            throw Neighbours.tooLarge();
        }
        return lattice.list[start + 1 + found];
    }
}
