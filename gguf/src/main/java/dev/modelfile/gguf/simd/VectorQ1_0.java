package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q1_0;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// The vector kernels of [Q1_0].
final class VectorQ1_0 extends VectorCodec {

    VectorQ1_0(Q1_0 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 18, o += 128) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p));
        for (int k = 0; k < 4; k++) {
            IntVector clear = IntVector.broadcast(Lanes.I, ~Bytes.i32(blocks, p + 2 + 4 * k));
            for (int j = 0; j < 32; j += Lanes.N) {
                IntVector signs =
                        clear.lanewise(VectorOperators.LSHL, Lanes.IOTA.neg().add(31 - j));
                Lanes.flip(d, signs).intoArray(values, o + 32 * k + j);
            }
        }
    }
}
