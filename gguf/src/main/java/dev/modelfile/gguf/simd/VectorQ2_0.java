package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q2_0;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

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

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        int[] code = new int[64];
        for (int p = 0, o = from; p < blocks.length; p += 18, o += 64) {
            float d = Float.intBitsToFloat(Magnitudes.bits(values, o, 64));
            Bytes.putHalf(blocks, p, d);
            Rounder.ternary(values, o, 64, d > 0 ? 1f / d : 0f, 0, code);
            for (int k = 0, j = 0; k < 16; k++, j += 4) {
                int byteOfFour = code[j] | code[j + 1] << 2 | code[j + 2] << 4 | code[j + 3] << 6;
                blocks[p + 2 + k] = (byte) byteOfFour;
            }
        }
    }
}
