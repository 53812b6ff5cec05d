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
        for (int group = 0; group < 16; group++) {
            int code = Bytes.u16(blocks, p + 48 + group / 4 * 2) >> 3 * (group & 3) & 7;
            float dl = d * (2 * code + 1);
            int high = blocks[p + 32 + group];
            int g0 = (blocks[p + 2 * group] & 255 | (high & 7) << 8) * 8;
            int g1 = (blocks[p + 2 * group + 1] & 255 | (high & 0x70) << 4) * 8;
            Runs.shifted(dl, Runs.TERNARY, g0, delta(high >> 3), values, o + 16 * group);
            Runs.shifted(dl, Runs.TERNARY, g1, delta(high >> 7), values, o + 16 * group + 8);
        }
    }

    /// 0.125, negative if the bit is set.
    private static float delta(int bit) {
        return Float.intBitsToFloat(0x3E000000 | bit << 31);
    }
}
