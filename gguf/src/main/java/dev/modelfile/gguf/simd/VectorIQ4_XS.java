package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.IQ4_XS;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [IQ4_XS].
final class VectorIQ4_XS extends VectorCodec {

    VectorIQ4_XS(IQ4_XS scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 136, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p);
        int high = Bytes.u16(blocks, p + 2);
        int low = Bytes.i32(blocks, p + 4);
        for (int group = 0; group < 8; group++) {
            int scale = (low >> 4 * group & 15 | (high >> 2 * group & 3) << 4) - 32;
            Levels.decode(blocks, p + 8 + 16 * group, Levels.UNEVEN, Lanes.all(d * scale), values, o + 32 * group);
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        if (Lanes.N == 4) {
            super.encode(values, from, elements, importance, blocks);
            return;
        }
        float[] sigma2 = BlockSums.squares(values, from, elements);
        for (int b = 0; b < sigma2.length; b++) {
            sigma2[b] *= 2f / 256;
        }
        float[] scales = LevelRow.fit(values, from, elements, importance, sigma2, 8);
        float[] scale = new float[8];
        for (int b = 0; b < elements / 256; b++) {
            System.arraycopy(scales, 8 * b, scale, 0, 8);
            IQ4_XS.encodeBlock(values, from + 256 * b, scale, blocks, 136 * b);
        }
    }
}
