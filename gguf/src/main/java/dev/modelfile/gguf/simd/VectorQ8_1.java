package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q8_1;
import jdk.incubator.vector.FloatVector;

/// The vector kernels of [Q8_1].
final class VectorQ8_1 extends VectorCodec {

    VectorQ8_1(Q8_1 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 36, o += 32) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p));
        for (int j = 0; j < 32; j += Lanes.W) {
            Codes.scale(Codes.load(blocks, p + 4 + j), d, values, o + j);
        }
    }
}
