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

/// Moves runs to the grid, for several scales at once.
///
/// Grid points are given by their codes in [Neighbours#code].
final class GridMoves {

    /// Added to the number of a point if a value is near the middle between two digits.
    static final int DOUBTFUL = 1 << 16;

    private final Neighbours lattice;
    private final Contenders contenders;
    private final int base;
    private final int run;
    private final int stride;
    private final float[] scale;
    /// By digit and trial: the value that a digit stands for.
    private final float[] value;
    /// The weighted squares of each element's differences from the values of digits 0 to 2, by lane.
    private final float[] square = new float[8 * 4 * N];

    /// @param scale by trial
    GridMoves(GridSearch.Plan plan, float[] scale) {
        this.lattice = plan.lattice();
        this.contenders = plan.contenders();
        this.base = lattice.grid.base;
        this.run = lattice.grid.length;
        this.stride = scale.length;
        this.scale = scale;
        this.value = new float[base * stride];
    }

    /// Takes the scales of the trials from `t` on.
    void scale(int t) {
        FloatVector s = FloatVector.fromArray(F, scale, t);
        for (int digit = 0; digit < base; digit++) {
            s.mul(2 * digit + 1).intoArray(value, digit * stride + t);
        }
    }

    boolean isMoved(int point) {
        return lattice.place[point & DOUBTFUL - 1] < 0;
    }

    /// The index of a grid point.
    int index(int code) {
        int point = 0;
        for (int i = run - 1; i >= 0; i--) {
            point = point * base + (code >> 4 * i + 1 & 7);
        }
        return lattice.place[point];
    }

    /// Writes the codes for the trials `from` to `to`, in which the run at `x[o]` rounds to the same point; 0 where no
    /// distance is finite.
    ///
    /// @param codes written from `at + from` on, perhaps beyond `to` by the lanes of a vector
    void settle(int p, float[] x, float[] root, int o, int from, int to, int[] codes, int at) {
        int point = p & DOUBTFUL - 1;
        int place = lattice.place[point];
        for (int t = from; t < to; t += N) {
            if (place >= 0) {
                IntVector.broadcast(I, lattice.code[place]).intoArray(codes, at + t);
            } else if (p != point) {
                nearestOfAll(-1 - place, x, root, o, t, Math.min(t + N, to), codes, at);
            } else if (run == 8) {
                squares(x, root, o, t);
                nearestOfEight(contenders.start[point], codes, at + t);
            } else {
                nearestOfFour(contenders.start[point], x, root, o, t, codes, at + t);
            }
        }
    }

    private void nearestOfAll(int start, float[] x, float[] root, int o, int from, int to, int[] codes, int at) {
        for (int t = from; t < to; t++) {
            int index = lattice.nearest(lattice.list, start, x, o, root, o, scale[t]);
            codes[at + t] = index < 0 ? 0 : lattice.code[index];
        }
    }

    /// The index of the contender nearest to the run at `x[o]`, with one contender per lane; negative if no distance
    /// is finite.
    int nearest(int start, float[] x, float[] root, int o, float scale) {
        int count = contenders.list[start];
        int found = NeighbourCodes.nearest(contenders.codes, start, count, run, x, o, root, o, scale, 1f, 0f);
        return found < 0 ? -1 : contenders.list[start + 1 + found];
    }

    private void nearestOfFour(int start, float[] x, float[] root, int o, int t, int[] codes, int at) {
        FloatVector best = FloatVector.broadcast(F, Float.MAX_VALUE);
        IntVector found = IntVector.zero(I);
        int[] list = contenders.codes;
        for (int j = start, code; (code = list[j]) != 0; j++) {
            FloatVector d0 = FloatVector.fromArray(F, value, (code >> 1 & 7) * stride + t)
                    .sub(x[o]);
            FloatVector d1 = FloatVector.fromArray(F, value, (code >> 5 & 7) * stride + t)
                    .sub(x[o + 1]);
            FloatVector d2 = FloatVector.fromArray(F, value, (code >> 9 & 7) * stride + t)
                    .sub(x[o + 2]);
            FloatVector d3 = FloatVector.fromArray(F, value, (code >> 13 & 7) * stride + t)
                    .sub(x[o + 3]);
            FloatVector sum = d0.mul(root[o])
                    .mul(d0)
                    .add(d1.mul(root[o + 1]).mul(d1))
                    .add(d2.mul(root[o + 2]).mul(d2))
                    .add(d3.mul(root[o + 3]).mul(d3));
            VectorMask<Float> less = sum.compare(VectorOperators.LT, best);
            best = best.blend(sum, less);
            found = found.blend(code, less.cast(I));
        }
        found.intoArray(codes, at);
    }

    private void squares(float[] x, float[] root, int o, int t) {
        FloatVector v0 = FloatVector.fromArray(F, value, t);
        FloatVector v1 = FloatVector.fromArray(F, value, stride + t);
        FloatVector v2 = FloatVector.fromArray(F, value, 2 * stride + t);
        for (int i = 0; i < 8; i++) {
            FloatVector d0 = v0.sub(x[o + i]);
            FloatVector d1 = v1.sub(x[o + i]);
            FloatVector d2 = v2.sub(x[o + i]);
            d0.mul(root[o + i]).mul(d0).intoArray(square, 4 * i * N);
            d1.mul(root[o + i]).mul(d1).intoArray(square, (4 * i + 1) * N);
            d2.mul(root[o + i]).mul(d2).intoArray(square, (4 * i + 2) * N);
        }
    }

    private void nearestOfEight(int start, int[] codes, int at) {
        FloatVector best = FloatVector.broadcast(F, Float.MAX_VALUE);
        IntVector found = IntVector.zero(I);
        int[] list = contenders.codes;
        for (int j = start, code; (code = list[j]) != 0; j++) {
            FloatVector sum = FloatVector.fromArray(F, square, (code >> 1 & 3) * N)
                    .add(FloatVector.fromArray(F, square, (4 + (code >> 5 & 3)) * N))
                    .add(FloatVector.fromArray(F, square, (8 + (code >> 9 & 3)) * N))
                    .add(FloatVector.fromArray(F, square, (12 + (code >> 13 & 3)) * N))
                    .add(FloatVector.fromArray(F, square, (16 + (code >> 17 & 3)) * N))
                    .add(FloatVector.fromArray(F, square, (20 + (code >> 21 & 3)) * N))
                    .add(FloatVector.fromArray(F, square, (24 + (code >> 25 & 3)) * N))
                    .add(FloatVector.fromArray(F, square, (28 + (code >> 29 & 3)) * N));
            VectorMask<Float> less = sum.compare(VectorOperators.LT, best);
            best = best.blend(sum, less);
            found = found.blend(code, less.cast(I));
        }
        found.intoArray(codes, at);
    }
}
