package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.SymmetricSearch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The search `descend` of the scalar `SymmetricSearch` for one group per lane, with weights x^2.
///
/// Few codes move. As long as no lane wants to, an element waits for nothing that the one before computed.
final class DescentLanes {

    private static final int PASSES = 5;

    private final Groups groups;
    private final int levels;
    private final float[] product;
    private final float[] max = new float[N];
    private final float[] sumlx = new float[N];
    private final float[] suml2 = new float[N];
    private final float[] wanted = new float[N];

    /// The scales found; 0 for groups that are zero.
    final float[] scale = new float[N];
    /// The codes, from `-levels` to `levels - 1`, in the order of the groups; `-levels` for groups that are zero.
    final float[] code;

    DescentLanes(Groups groups, int levels) {
        this.groups = groups;
        this.levels = levels;
        this.product = new float[groups.x.length];
        this.code = new float[groups.x.length];
    }

    /// Rounds, then moves single codes as long as the error falls.
    void descend() {
        groups.signedMax(max);
        round();
        boolean moved = true;
        for (int pass = 0; pass < PASSES && moved; pass++) {
            moved = false;
            for (int i = 0; i < code.length; i += N) {
                moved |= wants(i) && move(i);
            }
        }
        for (int j = 0; j < N; j++) {
            scale[j] = suml2[j] > 0f ? sumlx[j] / suml2[j] : 0f;
            if (Math.abs(max[j]) < SymmetricSearch.EPSILON) {
                clear(j);
            }
        }
    }

    private void clear(int j) {
        scale[j] = 0;
        for (int i = j; i < code.length; i += N) {
            code[i] = -levels;
        }
    }

    private void round() {
        FloatVector factor = FloatVector.broadcast(F, -levels).div(FloatVector.fromArray(F, max, 0));
        FloatVector lx = FloatVector.zero(F);
        FloatVector l2 = lx;
        for (int i = 0; i < code.length; i += N) {
            FloatVector v = FloatVector.fromArray(F, groups.x, i);
            FloatVector w = v.mul(v);
            FloatVector l = Lanes.nearestFloat(factor.mul(v), -levels, levels - 1);
            FloatVector wx = w.mul(v);
            l.intoArray(code, i);
            wx.intoArray(product, i);
            w.intoArray(groups.weight, i);
            lx = lx.add(wx.mul(l));
            l2 = l2.add(w.mul(l).mul(l));
        }
        lx.intoArray(sumlx, 0);
        l2.intoArray(suml2, 0);
    }

    /// Whether the best code for an element, with all others as they are, is a different one in any lane.
    private boolean wants(int i) {
        FloatVector l = FloatVector.fromArray(F, code, i);
        FloatVector lessx = FloatVector.fromArray(F, sumlx, 0)
                .sub(FloatVector.fromArray(F, product, i).mul(l));
        FloatVector less2 = FloatVector.fromArray(F, suml2, 0)
                .sub(FloatVector.fromArray(F, groups.weight, i).mul(l).mul(l));
        // Written out as in Lanes.nearestFloat: that method is not inlined wherever this one is.
        FloatVector best = FloatVector.fromArray(F, groups.x, i)
                .mul(less2)
                .div(lessx)
                .add(Lanes.MAGIC)
                .reinterpretAsInts()
                .and(0x007FFFFF)
                .or(0x4B000000)
                .max(Lanes.MAGIC_BITS - levels)
                .min(Lanes.MAGIC_BITS + levels - 1)
                .reinterpretAsFloats()
                .sub(Lanes.MAGIC);
        best.intoArray(wanted, 0);
        return best.compare(VectorOperators.NE, l)
                .and(lessx.compare(VectorOperators.GT, 0f))
                .anyTrue();
    }

    /// Moves the codes of an element to those wanted in the lanes where that is better, and tells whether there are
    /// any.
    private boolean move(int i) {
        FloatVector lx = FloatVector.fromArray(F, sumlx, 0);
        FloatVector l2 = FloatVector.fromArray(F, suml2, 0);
        FloatVector w = FloatVector.fromArray(F, groups.weight, i);
        FloatVector wx = FloatVector.fromArray(F, product, i);
        FloatVector l = FloatVector.fromArray(F, code, i);
        FloatVector lessx = lx.sub(wx.mul(l));
        FloatVector less2 = l2.sub(w.mul(l).mul(l));
        FloatVector moved = FloatVector.fromArray(F, wanted, 0);
        FloatVector newx = lessx.add(wx.mul(moved));
        FloatVector new2 = less2.add(w.mul(moved).mul(moved));
        VectorMask<Float> better = newx.mul(newx)
                .mul(l2)
                .compare(VectorOperators.GT, lx.mul(lx).mul(new2))
                .and(new2.compare(VectorOperators.GT, 0f))
                .and(lessx.compare(VectorOperators.GT, 0f))
                .and(moved.compare(VectorOperators.NE, l));
        l.blend(moved, better).intoArray(code, i);
        lx.blend(newx, better).intoArray(sumlx, 0);
        l2.blend(new2, better).intoArray(suml2, 0);
        return better.anyTrue();
    }
}
