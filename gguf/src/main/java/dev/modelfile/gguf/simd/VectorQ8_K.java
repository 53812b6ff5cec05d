package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q8_K;
import jdk.incubator.vector.FloatVector;

/// The vector kernels of [Q8_K].
final class VectorQ8_K extends VectorCodec {

    VectorQ8_K(Q8_K scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 292, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Float.intBitsToFloat(Bytes.i32(blocks, p)));
        for (int j = 0; j < 256; j += Lanes.W) {
            Codes.scale(Codes.load(blocks, p + 4 + j), d, values, o + j);
        }
    }
}
