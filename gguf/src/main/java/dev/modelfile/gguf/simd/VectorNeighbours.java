package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.Grid;
import dev.modelfile.gguf.quant.Neighbours;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Neighbours of lattice points, compared as many at a time as a vector has lanes. For vectors of 8 or 16 floats.
final class VectorNeighbours extends Neighbours {

    private final int length;
    /// Where the neighbours of each point begin in [#values].
    private final int[] start;
    /// For every [Lanes#N] neighbours: their values of the first element, of the second and so on. The last ones of a
    /// point are filled up with its first neighbour, which wins every tie.
    private final byte[] values;

    VectorNeighbours(Grid grid, int shells) {
        super(grid, shells);
        this.length = grid.length;
        this.start = new int[place.length];
        int size = 0;
        for (int point = 0; point < place.length; point++) {
            start[point] = size;
            size += place[point] >= 0 ? 0 : Lanes.roundUp(list[-1 - place[point]]) * length;
        }
        this.values = new byte[size];
        for (int point = 0; point < place.length; point++) {
            if (place[point] < 0) {
                fill(-1 - place[point], start[point]);
            }
        }
    }

    private void fill(int from, int to) {
        int count = list[from];
        for (int k = 0; k < Lanes.roundUp(count); k++) {
            int neighbour = list[from + 1 + (k < count ? k : 0)];
            for (int i = 0; i < length; i++) {
                values[to + k / N * N * length + i * N + k % N] = (byte) odd[neighbour * length + i];
            }
        }
    }

    @Override
    public int nearest(int point, float[] x, int from, float[] weight, int weightFrom, float scale) {
        int list = -1 - place[point];
        int k = search(start[point], this.list[list], x, from, weight, weightFrom, scale);
        if (k < 0) {
            throw tooLarge();
        }
        return this.list[list + 1 + k];
    }

    private int search(int at, int count, float[] x, int from, float[] weight, int weightFrom, float scale) {
        FloatVector best = FloatVector.broadcast(F, Float.MAX_VALUE);
        IntVector first = IntVector.zero(Lanes.I);
        for (int k = 0, p = at; k < count; k += N) {
            FloatVector sum = FloatVector.zero(F);
            for (int i = 0; i < length; i++, p += N) {
                FloatVector q =
                        (FloatVector) ByteVector.fromArray(Lanes.B, values, p).convertShape(VectorOperators.B2F, F, 0);
                FloatVector diff = q.mul(scale).sub(x[from + i]);
                sum = sum.add(diff.mul(weight[weightFrom + i]).mul(diff));
            }
            VectorMask<Float> less = sum.compare(VectorOperators.LT, best);
            best = best.blend(sum, less);
            first = first.blend(k, less.cast(Lanes.I));
        }
        int bits = best.reinterpretAsInts().reduceLanes(VectorOperators.MIN);
        if (bits >= Float.floatToRawIntBits(Float.MAX_VALUE)) {
            return -1;
        }
        return first.add(Lanes.IOTA)
                .reduceLanes(VectorOperators.MIN, best.reinterpretAsInts().eq(bits));
    }
}
