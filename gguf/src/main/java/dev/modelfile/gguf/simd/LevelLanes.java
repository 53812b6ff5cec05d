package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.I;
import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.NonLinear;
import dev.modelfile.gguf.quant.SymmetricSearch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/// The search of the scalar `NonLinear` for one group of 32 per lane. For vectors of 8 or 16 floats.
final class LevelLanes {

    private static final int STEPS = 7;

    /// Bounds and levels of codes 2k and 2k + 1, so that tables have eight entries; wider vectors repeat them.
    private static final FloatVector BOUND_4 = table(4, 12);
    private static final FloatVector BOUND_2 = table(2, 6, 10, 14);
    private static final FloatVector BOUND_1 = table(1, 3, 5, 7, 9, 11, 13, 15);
    private static final FloatVector EVEN = levels(0);
    private static final FloatVector ODD = levels(1);
    private static final float MIDDLE = NonLinear.bound(8);

    private final Groups groups;
    private final float[] product = new float[32 * N];
    private final float[] max = new float[N];
    private final float[] best = new float[N];
    private final float[] sumqx = new float[N];
    private final float[] sumq2 = new float[N];

    /// The scales found; 0 for groups that are zero.
    final float[] scale = new float[N];

    LevelLanes(Groups groups) {
        this.groups = groups;
    }

    private static FloatVector table(int... codes) {
        float[] bounds = new float[N];
        for (int i = 0; i < N; i++) {
            bounds[i] = NonLinear.bound(codes[i % codes.length]);
        }
        return FloatVector.fromArray(F, bounds, 0);
    }

    private static FloatVector levels(int odd) {
        float[] levels = new float[N];
        for (int i = 0; i < N; i++) {
            levels[i] = NonLinear.level(2 * i + odd & 15);
        }
        return FloatVector.fromArray(F, levels, 0);
    }

    /// Fits the groups as they lie in the lanes.
    void fit() {
        groups.signedMax(max);
        float[] x = groups.x;
        for (int i = 0; i < product.length; i += N) {
            FloatVector.fromArray(F, groups.weight, i)
                    .mul(FloatVector.fromArray(F, x, i))
                    .intoArray(product, i);
        }
        begin();
        for (int step = -STEPS; step <= STEPS; step++) {
            sums(step + NonLinear.level(0), max);
            accept();
        }
        for (int j = 0; j < N; j++) {
            if (Math.abs(max[j]) < SymmetricSearch.EPSILON) {
                scale[j] = 0;
            }
        }
    }

    private void begin() {
        float[] top = new float[N];
        for (int j = 0; j < N; j++) {
            top[j] = -max[j] / NonLinear.level(0);
        }
        sums(1f, top);
        for (int j = 0; j < N; j++) {
            scale[j] = sumq2[j] > 0 ? sumqx[j] / sumq2[j] : 0f;
            best[j] = scale[j] * sumqx[j];
        }
    }

    /// Takes the level nearest to each value times `numerator / divisor` and sums up.
    private void sums(float numerator, float[] divisor) {
        FloatVector factor = FloatVector.broadcast(F, numerator).div(FloatVector.fromArray(F, divisor, 0));
        float[] x = groups.x;
        float[] w = groups.weight;
        FloatVector qx = FloatVector.zero(F);
        FloatVector q2 = qx;
        for (int i = 0; i < product.length; i += N) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            FloatVector q = level(factor.mul(v));
            FloatVector wq = FloatVector.fromArray(F, w, i).mul(q);
            qx = qx.add(wq.mul(v));
            q2 = q2.add(wq.mul(q));
        }
        qx.intoArray(sumqx, 0);
        q2.intoArray(sumq2, 0);
    }

    /// The level nearest to each value, by halving.
    private static FloatVector level(FloatVector v) {
        FloatVector doubled = v.add(v);
        VectorMask<Float> m8 = doubled.compare(VectorOperators.GE, MIDDLE);
        IntVector k = IntVector.zero(I).add(1, m8.cast(I));
        VectorMask<Float> m4 = doubled.compare(
                VectorOperators.GE, BOUND_4.rearrange(k.toShuffle().cast(F)));
        k = k.add(k).add(1, m4.cast(I));
        VectorMask<Float> m2 = doubled.compare(
                VectorOperators.GE, BOUND_2.rearrange(k.toShuffle().cast(F)));
        k = k.add(k).add(1, m2.cast(I));
        VectorShuffle<Float> at = k.toShuffle().cast(F);
        VectorMask<Float> odd = doubled.compare(VectorOperators.GE, BOUND_1.rearrange(at));
        return EVEN.rearrange(at).blend(ODD.rearrange(at), odd);
    }

    /// Keeps the trial in the lanes where it is better.
    private void accept() {
        FloatVector qx = FloatVector.fromArray(F, sumqx, 0);
        FloatVector q2 = FloatVector.fromArray(F, sumq2, 0);
        VectorMask<Float> better = qx.mul(qx)
                .compare(VectorOperators.GT, FloatVector.fromArray(F, best, 0).mul(q2))
                .and(q2.compare(VectorOperators.GT, 0f));
        if (better.anyTrue()) {
            FloatVector s = qx.div(q2);
            s.intoArray(scale, 0, better);
            s.mul(qx).intoArray(best, 0, better);
        }
    }
}
