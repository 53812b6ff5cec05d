package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.IQ4_NL;
import jdk.incubator.vector.FloatVector;

/// The vector kernels of [IQ4_NL].
final class VectorIQ4_NL extends VectorCodec {

    VectorIQ4_NL(IQ4_NL scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 18, o += 32) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p));
        Levels.decode(blocks, p + 2, Levels.UNEVEN, d, values, o);
    }
}
