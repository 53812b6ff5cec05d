package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.NVFP4;

/// The vector kernels of [NVFP4].
final class VectorNVFP4 extends VectorCodec {

    VectorNVFP4(NVFP4 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 36, o += 64) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        for (int s = 0; s < 4; s++) {
            Levels.decodeShort(blocks, p + 4 + 8 * s, NVFP4.halfScale(blocks[p + s] & 0xFF), values, o + 16 * s);
        }
    }
}
