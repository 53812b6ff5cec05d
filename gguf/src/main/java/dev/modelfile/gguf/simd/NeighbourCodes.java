package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.I;
import static dev.modelfile.gguf.simd.Lanes.N;

import dev.modelfile.gguf.quant.Neighbours;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Compares the neighbours of a point, with one neighbour per lane.
final class NeighbourCodes {

    /// The lists of neighbours, with the codes of grid points in place of their indexes.
    final int[] codes;

    NeighbourCodes(Neighbours neighbours) {
        this.codes = new int[neighbours.list.length + N];
        for (int point = 0; point < neighbours.place.length; point++) {
            if (neighbours.place[point] < 0) {
                int start = -1 - neighbours.place[point];
                for (int j = start + 1; j <= start + neighbours.list[start]; j++) {
                    codes[j] = neighbours.code[neighbours.list[j]];
                }
            }
        }
    }

    /// Which of `count` codes has the smallest weighted distance to the run at `x[o]`, of equals the first; negative if
    /// no distance is finite. Values are `scale * (nibble * factor + shift)`.
    static int nearest(
            int[] codes,
            int from,
            int count,
            int run,
            float[] x,
            int o,
            float[] weight,
            int w,
            float scale,
            float factor,
            float shift) {
        int best = Integer.MAX_VALUE;
        int found = -1;
        for (int j = 0; j < count; j += N) {
            IntVector rest = IntVector.fromArray(I, codes, from + j);
            FloatVector sum = FloatVector.zero(F);
            for (int i = 0; i < run; i++) {
                FloatVector q = (FloatVector) rest.and(15).convertShape(VectorOperators.I2F, F, 0);
                rest = rest.lanewise(VectorOperators.LSHR, 4);
                FloatVector d = q.mul(factor).add(shift).mul(scale).sub(x[o + i]);
                sum = sum.add(d.mul(weight[w + i]).mul(d));
            }
            VectorMask<Float> counts = sum.compare(VectorOperators.LT, Float.MAX_VALUE)
                    .and(Lanes.IOTA.compare(VectorOperators.LT, count - j).cast(F));
            IntVector bits = IntVector.broadcast(I, Integer.MAX_VALUE).blend(sum.reinterpretAsInts(), counts.cast(I));
            int least = bits.reduceLanes(VectorOperators.MIN);
            if (least < best) {
                best = least;
                found = j + bits.eq(least).firstTrue();
            }
        }
        return found;
    }
}
