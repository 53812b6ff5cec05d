package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The search of the scalar `AffineSearch` for one group per lane.
///
/// The codes of the best trial are not kept: they are what [#inverse] and [#origin] round to.
final class AffineLanes {

    private final Groups groups;
    private final int levels;
    private final float first;
    private final float delta;
    private final int steps;
    private final boolean absolute;
    private final float[] trial;
    private final float[] lowest = new float[N];
    private final float[] max = new float[N];
    private final float[] best = new float[N];
    private final float[] sumx = new float[N];
    private final float[] suml = new float[N];
    private final float[] suml2 = new float[N];
    private final float[] sumxl = new float[N];
    private final float[] determinant = new float[N];
    private final float[] trialInverse = new float[N];
    private final float[] trialScale = new float[N];
    private final float[] trialMin = new float[N];
    private final float[] error = new float[N];

    /// The sum of the weights of each group.
    final float[] sumw = new float[N];
    /// The scales found; 0 for groups whose values are equal and not above zero.
    final float[] scale = new float[N];
    /// The minima found, not above zero.
    final float[] min = new float[N];
    /// Codes are `(x - origin) * inverse`, rounded and clamped.
    final float[] inverse = new float[N];
    /// See [#inverse].
    final float[] origin = new float[N];

    /// The arguments are those of the scalar search.
    AffineLanes(Groups groups, int levels, float first, float delta, int steps, boolean absolute) {
        this.groups = groups;
        this.levels = levels;
        this.first = first;
        this.delta = delta;
        this.steps = steps;
        this.absolute = absolute;
        this.trial = new float[groups.x.length];
    }

    /// Fits the groups as they lie in the lanes of both. They take turns, because each step ends in a chain of
    /// operations that wait for each other.
    static void fit(AffineLanes a, AffineLanes b) {
        a.start();
        b.start();
        for (int step = 0; step <= a.steps; step++) {
            float numerator = a.first + a.delta * step + a.levels;
            a.sums(numerator);
            b.sums(numerator);
            a.solve();
            b.solve();
            a.error(a.trialScale, a.trialMin);
            b.error(b.trialScale, b.trialMin);
            a.accept();
            b.accept();
        }
        a.end();
        b.end();
    }

    private void start() {
        survey();
        sums(levels);
        begin();
        error(scale, min);
        System.arraycopy(error, 0, best, 0, N);
    }

    /// Extremes and sums that hold for all trials.
    private void survey() {
        float[] x = groups.x;
        FloatVector low = FloatVector.fromArray(F, x, 0);
        FloatVector high = low;
        FloatVector w = FloatVector.fromArray(F, groups.weight, 0);
        FloatVector sw = w;
        FloatVector sx = w.mul(low);
        for (int i = N; i < x.length; i += N) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            low = low.blend(v, v.compare(VectorOperators.LT, low));
            high = high.blend(v, v.compare(VectorOperators.GT, high));
            w = FloatVector.fromArray(F, groups.weight, i);
            sw = sw.add(w);
            sx = sx.add(w.mul(v));
        }
        low = low.blend(0f, low.compare(VectorOperators.GT, 0f));
        low.intoArray(min, 0);
        low.intoArray(lowest, 0);
        high.intoArray(max, 0);
        sw.intoArray(sumw, 0);
        sx.intoArray(sumx, 0);
    }

    /// Rounds with `numerator / (max - min)` and sums up.
    private void sums(float numerator) {
        float[] x = groups.x;
        FloatVector low = FloatVector.fromArray(F, min, 0);
        FloatVector factor = FloatVector.broadcast(F, numerator)
                .div(FloatVector.fromArray(F, max, 0).sub(low));
        FloatVector l0 = FloatVector.zero(F);
        FloatVector l2 = l0;
        FloatVector xl = l0;
        for (int i = 0; i < x.length; i += N) {
            FloatVector v = FloatVector.fromArray(F, x, i);
            FloatVector l = Lanes.nearestFloat(factor.mul(v.sub(low)), 0, levels);
            l.intoArray(trial, i);
            FloatVector wl = FloatVector.fromArray(F, groups.weight, i).mul(l);
            l0 = l0.add(wl);
            l2 = l2.add(wl.mul(l));
            xl = xl.add(wl.mul(v));
        }
        factor.intoArray(trialInverse, 0);
        l0.intoArray(suml, 0);
        l2.intoArray(suml2, 0);
        xl.intoArray(sumxl, 0);
    }

    private void begin() {
        for (int j = 0; j < N; j++) {
            inverse[j] = trialInverse[j];
            scale[j] = 1 / inverse[j];
            origin[j] = min[j];
        }
    }

    /// The least squares of the trial.
    private void solve() {
        FloatVector sw = FloatVector.fromArray(F, sumw, 0);
        FloatVector sx = FloatVector.fromArray(F, sumx, 0);
        FloatVector l0 = FloatVector.fromArray(F, suml, 0);
        FloatVector l2 = FloatVector.fromArray(F, suml2, 0);
        FloatVector xl = FloatVector.fromArray(F, sumxl, 0);
        FloatVector d = sw.mul(l2).sub(l0.mul(l0));
        FloatVector s = sw.mul(xl).sub(sx.mul(l0)).div(d);
        FloatVector m = l2.mul(sx).sub(l0.mul(xl)).div(d);
        VectorMask<Float> above = m.compare(VectorOperators.GT, 0f);
        m.blend(0f, above).intoArray(trialMin, 0);
        s.blend(xl.div(l2), above).intoArray(trialScale, 0);
        d.intoArray(determinant, 0);
    }

    private void error(float[] scales, float[] mins) {
        if (absolute) {
            absoluteError(scales, mins);
        } else {
            squaredError(scales, mins);
        }
    }

    private void squaredError(float[] scales, float[] mins) {
        float[] x = groups.x;
        FloatVector s = FloatVector.fromArray(F, scales, 0);
        FloatVector m = FloatVector.fromArray(F, mins, 0);
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < x.length; i += N) {
            FloatVector diff = s.mul(FloatVector.fromArray(F, trial, i)).add(m).sub(FloatVector.fromArray(F, x, i));
            sum = sum.add(FloatVector.fromArray(F, groups.weight, i).mul(diff.mul(diff)));
        }
        sum.intoArray(error, 0);
    }

    private void absoluteError(float[] scales, float[] mins) {
        float[] x = groups.x;
        FloatVector s = FloatVector.fromArray(F, scales, 0);
        FloatVector m = FloatVector.fromArray(F, mins, 0);
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < x.length; i += N) {
            FloatVector diff = s.mul(FloatVector.fromArray(F, trial, i)).add(m).sub(FloatVector.fromArray(F, x, i));
            sum = sum.add(FloatVector.fromArray(F, groups.weight, i).mul(diff.abs()));
        }
        sum.intoArray(error, 0);
    }

    /// Keeps the trial in the lanes where it is better.
    private void accept() {
        FloatVector e = FloatVector.fromArray(F, error, 0);
        FloatVector b = FloatVector.fromArray(F, best, 0);
        VectorMask<Float> better = e.compare(VectorOperators.LT, b)
                .and(FloatVector.fromArray(F, determinant, 0).compare(VectorOperators.GT, 0f));
        if (!better.anyTrue()) {
            return;
        }
        e.intoArray(best, 0, better);
        FloatVector.fromArray(F, trialInverse, 0).intoArray(inverse, 0, better);
        FloatVector.fromArray(F, min, 0).intoArray(origin, 0, better);
        FloatVector.fromArray(F, trialScale, 0).intoArray(scale, 0, better);
        FloatVector.fromArray(F, trialMin, 0).intoArray(min, 0, better);
    }

    private void end() {
        for (int j = 0; j < N; j++) {
            if (max[j] <= lowest[j]) {
                scale[j] = 0;
                min[j] = lowest[j];
                inverse[j] = 0;
                origin[j] = 0;
            }
        }
    }
}
