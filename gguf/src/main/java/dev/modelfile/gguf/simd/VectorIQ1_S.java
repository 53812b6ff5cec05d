package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.IQ1_S;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [IQ1_S].
final class VectorIQ1_S extends VectorCodec {

    VectorIQ1_S(IQ1_S scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 50, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p);
        for (int group = 0; group < 8; group++) {
            int word = Bytes.u16(blocks, p + 34 + 2 * group);
            float dl = d * (2 * (word >> 12 & 7) + 1);
            float delta = Float.intBitsToFloat(0x3E000000 | word >> 15 << 31);
            for (int k = 0; k < 4; k++) {
                int g = (blocks[p + 2 + 4 * group + k] & 255 | (word >> 3 * k & 7) << 8) * 8;
                Runs.shifted(dl, Runs.TERNARY, g, delta, values, o + 32 * group + 8 * k);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        if (importance == null) {
            super.encode(values, from, elements, null, blocks);
        } else {
            IQ1_S.encode(new TernaryLanes(), values, from, importance, blocks);
        }
    }
}
