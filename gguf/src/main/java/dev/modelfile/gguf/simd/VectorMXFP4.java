package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.MXFP4;
import jdk.incubator.vector.FloatVector;

/// The vector kernels of [MXFP4].
final class VectorMXFP4 extends VectorCodec {

    VectorMXFP4(MXFP4 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 17, o += 32) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(MXFP4.halfScale(blocks[p] & 0xFF));
        Levels.decode(blocks, p + 1, Levels.FP4, d, values, o);
    }
}
