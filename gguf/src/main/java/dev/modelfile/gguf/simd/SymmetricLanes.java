package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.SymmetricSearch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The search `fit` of the scalar `SymmetricSearch` for one group per lane.
final class SymmetricLanes {

    private final Groups groups;
    private final int levels;
    private final float[] product;
    private final float[] max = new float[N];
    private final float[] best = new float[N];
    private final float[] trialInverse = new float[N];
    private final float[] sumlx = new float[N];
    private final float[] suml2 = new float[N];

    /// The scales found; 0 for groups that are zero.
    final float[] scale = new float[N];
    /// Codes are `x * inverse`, rounded and clamped; 0 for groups that are zero.
    final float[] inverse = new float[N];

    SymmetricLanes(Groups groups, int levels) {
        this.groups = groups;
        this.levels = levels;
        this.product = new float[groups.x.length];
    }

    /// Fits the groups as they lie in the lanes.
    void fit() {
        groups.signedMax(max);
        multiply();
        sums(-levels);
        begin();
        for (int step = -9; step <= 9; step++) {
            if (step != 0) {
                sums(-(levels + 0.1f * step));
                accept();
            }
        }
        end();
    }

    private void multiply() {
        for (int i = 0; i < product.length; i += N) {
            FloatVector w = FloatVector.fromArray(F, groups.weight, i);
            w.mul(FloatVector.fromArray(F, groups.x, i)).intoArray(product, i);
        }
    }

    /// Rounds with `numerator / max` and sums up.
    private void sums(float numerator) {
        float[] x = groups.x;
        float[] w = groups.weight;
        FloatVector factor = FloatVector.broadcast(F, numerator).div(FloatVector.fromArray(F, max, 0));
        FloatVector lx = FloatVector.zero(F);
        FloatVector l2 = lx;
        for (int i = 0; i < x.length; i += N) {
            FloatVector l = Lanes.nearestFloat(factor.mul(FloatVector.fromArray(F, x, i)), -levels, levels - 1);
            lx = lx.add(FloatVector.fromArray(F, product, i).mul(l));
            l2 = l2.add(FloatVector.fromArray(F, w, i).mul(l).mul(l));
        }
        factor.intoArray(trialInverse, 0);
        lx.intoArray(sumlx, 0);
        l2.intoArray(suml2, 0);
    }

    private void begin() {
        for (int j = 0; j < N; j++) {
            inverse[j] = trialInverse[j];
            scale[j] = suml2[j] != 0 ? sumlx[j] / suml2[j] : 0f;
            best[j] = scale[j] * sumlx[j];
        }
    }

    /// Keeps the trial in the lanes where it is better.
    private void accept() {
        FloatVector lx = FloatVector.fromArray(F, sumlx, 0);
        FloatVector l2 = FloatVector.fromArray(F, suml2, 0);
        VectorMask<Float> better = lx.mul(lx)
                .compare(VectorOperators.GT, FloatVector.fromArray(F, best, 0).mul(l2))
                .and(l2.compare(VectorOperators.GT, 0f));
        if (better.anyTrue()) {
            FloatVector s = lx.div(l2);
            s.intoArray(scale, 0, better);
            s.mul(lx).intoArray(best, 0, better);
            FloatVector.fromArray(F, trialInverse, 0).intoArray(inverse, 0, better);
        }
    }

    private void end() {
        for (int j = 0; j < N; j++) {
            if (Math.abs(max[j]) < SymmetricSearch.EPSILON) {
                scale[j] = 0;
                inverse[j] = 0;
            }
        }
    }
}
