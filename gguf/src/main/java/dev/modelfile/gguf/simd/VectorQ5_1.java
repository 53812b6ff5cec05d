package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q5_1;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;

/// The vector kernels of [Q5_1].
final class VectorQ5_1 extends VectorCodec {

    VectorQ5_1(Q5_1 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 24, o += 32) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p));
        FloatVector m = Lanes.all(Bytes.half(blocks, p + 2));
        long set = Bytes.i32(blocks, p + 4);
        for (int j = 0; j < 16; j += Lanes.W) {
            ByteVector q = Codes.load(blocks, p + 8 + j);
            Codes.scale(Codes.minus(Codes.low(q), -16, set >> j), d, m, values, o + j);
            Codes.scale(Codes.minus(Codes.high(q), -16, set >> 16 + j), d, m, values, o + 16 + j);
        }
    }
}
