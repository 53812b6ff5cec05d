package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.I;
import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.GridSearch;
import dev.modelfile.gguf.quant.Neighbours;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Moves runs to the grid, for several scales at once.
///
/// Grid points are given by a code: the values `2 * digit + 1`, four bits each, the first lowest.
final class GridMoves {

    /// Added to the number of a point if a value is near the middle between two digits.
    static final int DOUBTFUL = 1 << 16;

    private final GridSearch.Plan plan;
    private final Neighbours lattice;
    private final int base;
    private final int run;
    /// Base 3: the weighted squares of each element's differences from 1, 3 and 5, by lane.
    private final float[] square = new float[24 * N];

    GridMoves(GridSearch.Plan plan) {
        this.plan = plan;
        this.lattice = plan.lattice();
        this.base = lattice.grid.base;
        this.run = lattice.grid.length;
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

    /// Writes the codes for the trials `from` to `to`, in which the values round to the same point.
    ///
    /// @param scale by trial
    /// @param codes written from `at + from` on, perhaps beyond `to` by the lanes of a vector
    void settle(int p, float[] x, float[] root, int o, float[] scale, int from, int to, int[] codes, int at) {
        int point = p & DOUBTFUL - 1;
        int place = lattice.place[point];
        if (place >= 0) {
            Arrays.fill(codes, at + from, at + to, lattice.code[place]);
            return;
        }
        short[] list = p == point ? plan.contenders().list : lattice.list;
        int start = p == point ? plan.contenders().start[point] : -1 - place;
        for (int t = from; t < to; t += N) {
            if (run == 8) {
                squares(x, root, o, scale, t);
                nearestOfEight(list, start, codes, at + t);
            } else {
                nearestOfFour(list, start, x, root, o, scale, t, codes, at + t);
            }
        }
        for (int t = at + from; t < at + to; t++) {
            if (codes[t] == 0) {
                throw Neighbours.tooLarge();
            }
        }
    }

    private void nearestOfFour(
            short[] list, int start, float[] x, float[] root, int o, float[] scale, int t, int[] codes, int at) {
        FloatVector s = FloatVector.fromArray(F, scale, t);
        FloatVector best = FloatVector.broadcast(F, Float.MAX_VALUE);
        IntVector found = IntVector.zero(I);
        float[] odd = lattice.odd;
        for (int j = start + 1; j <= start + list[start]; j++) {
            int q = list[j] * 4;
            FloatVector d0 = s.mul(odd[q]).sub(x[o]);
            FloatVector d1 = s.mul(odd[q + 1]).sub(x[o + 1]);
            FloatVector d2 = s.mul(odd[q + 2]).sub(x[o + 2]);
            FloatVector d3 = s.mul(odd[q + 3]).sub(x[o + 3]);
            FloatVector sum = d0.mul(root[o]).mul(d0)
                    .add(d1.mul(root[o + 1]).mul(d1))
                    .add(d2.mul(root[o + 2]).mul(d2))
                    .add(d3.mul(root[o + 3]).mul(d3));
            VectorMask<Float> less = sum.compare(VectorOperators.LT, best);
            best = best.blend(sum, less);
            found = found.blend(lattice.code[list[j]], less.cast(I));
        }
        found.intoArray(codes, at);
    }

    private void squares(float[] x, float[] root, int o, float[] scale, int t) {
        FloatVector one = FloatVector.fromArray(F, scale, t);
        FloatVector three = one.mul(3f);
        FloatVector five = one.mul(5f);
        for (int i = 0; i < 8; i++) {
            FloatVector d1 = one.sub(x[o + i]);
            FloatVector d3 = three.sub(x[o + i]);
            FloatVector d5 = five.sub(x[o + i]);
            d1.mul(root[o + i]).mul(d1).intoArray(square, 3 * i * N);
            d3.mul(root[o + i]).mul(d3).intoArray(square, (3 * i + 1) * N);
            d5.mul(root[o + i]).mul(d5).intoArray(square, (3 * i + 2) * N);
        }
    }

    private void nearestOfEight(short[] list, int start, int[] codes, int at) {
        FloatVector best = FloatVector.broadcast(F, Float.MAX_VALUE);
        IntVector found = IntVector.zero(I);
        byte[] digits = lattice.grid.digits;
        for (int j = start + 1; j <= start + list[start]; j++) {
            int q = list[j] * 8;
            FloatVector sum = FloatVector.fromArray(F, square, digits[q] * N)
                    .add(FloatVector.fromArray(F, square, (digits[q + 1] + 3) * N))
                    .add(FloatVector.fromArray(F, square, (digits[q + 2] + 6) * N))
                    .add(FloatVector.fromArray(F, square, (digits[q + 3] + 9) * N))
                    .add(FloatVector.fromArray(F, square, (digits[q + 4] + 12) * N))
                    .add(FloatVector.fromArray(F, square, (digits[q + 5] + 15) * N))
                    .add(FloatVector.fromArray(F, square, (digits[q + 6] + 18) * N))
                    .add(FloatVector.fromArray(F, square, (digits[q + 7] + 21) * N));
            VectorMask<Float> less = sum.compare(VectorOperators.LT, best);
            best = best.blend(sum, less);
            found = found.blend(lattice.code[list[j]], less.cast(I));
        }
        found.intoArray(codes, at);
    }
}
