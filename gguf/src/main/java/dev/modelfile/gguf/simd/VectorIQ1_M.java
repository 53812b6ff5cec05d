package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.IQ1_M;

/// The vector kernels of [IQ1_M].
final class VectorIQ1_M extends VectorCodec {

    VectorIQ1_M(IQ1_M scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 56, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = IQ1_M.scale(blocks, p + 48);
        for (int k = 0; k < 32; k++) {
            int group = k / 2;
            int code = Bytes.u16(blocks, p + 48 + group / 4 * 2) >> 3 * (group & 3) & 7;
            int nibble = blocks[p + 32 + group] >> 4 * (k & 1);
            int g = (blocks[p + k] & 255 | (nibble & 7) << 8) * 8;
            Runs.shifted(d * (2 * code + 1), Runs.TERNARY, g, (nibble & 8) != 0 ? -0.125f : 0.125f, values, o + 8 * k);
        }
    }
}
