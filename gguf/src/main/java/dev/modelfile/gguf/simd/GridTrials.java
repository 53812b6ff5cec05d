package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.I;
import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.Contenders;
import dev.modelfile.gguf.quant.GridSearch;
import dev.modelfile.gguf.quant.Neighbours;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// A grid search with one trial per lane.
///
/// Trials of similar scale round a run to the same point; those move to the grid together.
final class GridTrials extends GridSearch {

    private final int trials;
    private final int stride;
    private final float[] numerator;
    private final float[] inverse;
    private final float[] scale;
    private final float[] product;
    private final float[] sumqx;
    private final float[] sumq2;
    /// By run and trial: the point, with [GridMoves#DOUBTFUL] where only all neighbours will do.
    private final int[] point;
    /// By run and trial: the values of the grid point taken, four bits each.
    private final int[] code;

    private final GridMoves moves;
    /// The largest magnitude without its sign.
    private float largest;

    GridTrials(Plan plan) {
        super(plan);
        this.trials = plan.trials();
        this.stride = trials + N;
        this.numerator = new float[stride];
        for (int t = 0; t < stride; t++) {
            numerator[t] = 2 * top + 1 + (Math.min(t, trials - 1) - plan.reach()) * plan.step();
        }
        this.inverse = new float[stride];
        this.scale = new float[stride];
        this.product = new float[n];
        this.sumqx = new float[stride];
        this.sumq2 = new float[stride];
        this.point = new int[n / run * stride];
        this.code = new int[n / run * stride];
        this.moves = new GridMoves(plan, scale);
    }

    @Override
    protected float split(float[] x, int from, boolean even) {
        long negative = 0;
        for (int i = 0; i < n; i += N) {
            VectorMask<Float> less = FloatVector.fromArray(F, x, from + i).compare(VectorOperators.LT, 0f);
            negative |= less.toLong() << i;
        }
        for (int k = 0; k < n / 8; k++) {
            int s = (int) (negative >>> 8 * k) & 255;
            if (even && (Integer.bitCount(s) & 1) != 0) {
                negative ^= 1L << 8 * k + leastWeighted(x, from + 8 * k, 8 * k);
            }
            signs[k] = (int) (negative >>> 8 * k) & (even ? 127 : 255);
        }
        return magnitudes(x, from, negative);
    }

    private float magnitudes(float[] x, int from, long negative) {
        IntVector max = IntVector.zero(I);
        IntVector most = max;
        for (int i = 0; i < n; i += N) {
            FloatVector v = FloatVector.fromArray(F, x, from + i);
            FloatVector w = FloatVector.fromArray(F, weight, i);
            FloatVector m = v.blend(v.neg(), VectorMask.fromLong(F, negative >>> i));
            m.intoArray(magnitude, i);
            w.mul(m).intoArray(product, i);
            w.sqrt().intoArray(root, i);
            max = max.max(m.reinterpretAsInts());
            most = most.max(m.abs().reinterpretAsInts());
        }
        largest = Float.intBitsToFloat(most.reduceLanes(VectorOperators.MAX));
        return Float.intBitsToFloat(max.reduceLanes(VectorOperators.MAX));
    }

    @Override
    protected float tryScales(float max, float start) {
        if (!ordinary(max)) {
            return super.tryScales(max, start);
        }
        for (int t = 0; t < trials; t += N) {
            scales(t, max);
            moves.scale(t);
        }
        for (int k = 0; k < n / run; k++) {
            for (int t = 0; t < trials; t += N) {
                round(k, t);
            }
            settle(k);
        }
        for (int t = 0; t < trials; t += N) {
            sum(t);
        }
        return best(start);
    }

    @Override
    protected int nearest(int start, int k, float scale) {
        return moves.nearest(start, magnitude, root, k * run, scale);
    }

    private boolean ordinary(float max) {
        float least = numerator[0] / max;
        float most = numerator[trials - 1] / max;
        return 1 / most > Contenders.MIN_SCALE
                && 1 / least < Contenders.MAX_SCALE
                && largest * most < Contenders.MAX_VALUE;
    }

    private void scales(int t, float max) {
        FloatVector i = FloatVector.fromArray(F, numerator, t).div(max);
        i.intoArray(inverse, t);
        FloatVector.broadcast(F, 1f).div(i).intoArray(scale, t);
    }

    /// Rounds run `k` in the trials from `t` on.
    private void round(int k, int t) {
        FloatVector factor = FloatVector.fromArray(F, inverse, t);
        IntVector number = IntVector.zero(I);
        IntVector doubt = number;
        for (int i = (k + 1) * run - 1; i >= k * run; i--) {
            FloatVector v = factor.mul(magnitude[i]).sub(1f).mul(0.5f);
            FloatVector shifted = v.add(Lanes.MAGIC);
            IntVector digit = shifted.reinterpretAsInts()
                    .and(0x007FFFFF)
                    .sub(0x00400000)
                    .max(0)
                    .min(top);
            VectorMask<Float> middle = shifted.sub(Lanes.MAGIC)
                    .sub(v)
                    .abs()
                    .compare(VectorOperators.GT, 0.5f - Contenders.MARGIN)
                    .and(v.compare(VectorOperators.GT, 0f));
            doubt = doubt.blend(GridMoves.DOUBTFUL, middle.cast(I));
            number = number.mul(top + 1).add(digit);
        }
        number.or(doubt).intoArray(point, k * stride + t);
    }

    private void settle(int k) {
        int at = k * stride;
        for (int t = 0, end; t < trials; t = end) {
            int p = point[at + t];
            end = t + 1;
            while (end < trials && point[at + end] == p) {
                end++;
            }
            moves.settle(p, magnitude, root, k * run, t, end, code, at);
        }
    }

    private void sum(int t) {
        FloatVector qx = FloatVector.zero(F);
        FloatVector q2 = qx;
        long missing = 0;
        for (int i = 0, at = t; i < n; at += stride) {
            IntVector codes = IntVector.fromArray(I, code, at);
            missing |= codes.eq(0).toLong();
            for (int end = i + run; i < end; i++) {
                FloatVector q = (FloatVector) codes.and(15).convertShape(VectorOperators.I2F, F, 0);
                codes = codes.lanewise(VectorOperators.LSHR, 4);
                qx = qx.add(q.mul(product[i]));
                q2 = q2.add(q.mul(weight[i]).mul(q));
            }
        }
        qx.intoArray(sumqx, t);
        q2.intoArray(sumq2, t);
        if (Long.numberOfTrailingZeros(missing) < trials - t) {
            throw Neighbours.tooLarge();
        }
    }

    private float best(float start) {
        float result = start;
        float best = 0;
        int winner = -1;
        for (int t = 0; t < trials; t++) {
            float qx = sumqx[t];
            float q2 = sumq2[t];
            if (q2 > 0 && qx * qx > best * q2) {
                result = qx / q2;
                best = result * qx;
                winner = t;
            }
        }
        for (int k = 0; k < n / run && winner >= 0; k++) {
            int at = k * stride + winner;
            moved[k] = moves.isMoved(point[at]);
            index[k] = moves.index(code[at]);
        }
        return result;
    }
}
