package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q2_0;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// The vector kernels of [Q2_0].
final class VectorQ2_0 extends VectorCodec {

    VectorQ2_0(Q2_0 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 18, o += 64) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p));
        for (int k = 0; k < 4; k++) {
            IntVector word = IntVector.broadcast(Lanes.I, Bytes.i32(blocks, p + 2 + 4 * k));
            for (int j = 0; j < 16; j += Lanes.N) {
                IntVector q =
                        word.lanewise(VectorOperators.LSHR, Lanes.IOTA.add(j).lanewise(VectorOperators.LSHL, 1));
                Lanes.floats(q.and(3).sub(1)).mul(d).intoArray(values, o + 16 * k + j);
            }
        }
    }
}
