package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q1_0: 128 elements in 18 bytes, `d f16; qs[16]`.
///
/// Element i is bit i % 8 of `qs[i / 8]`: `d` if set, `-d` if not. The scale is the mean magnitude.
public final class Q1_0 implements BlockCodec {

    private static final int ELEMENTS = 128;
    private static final int BYTES = 18;
    private static final int QS = 2;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            int positive = Float.floatToRawIntBits(Bytes.half(blocks, p));
            for (int k = 0; k < 16; k++) {
                int clear = ~blocks[p + QS + k];
                for (int j = 0; j < 8; j++) {
                    values[o + 8 * k + j] = Float.intBitsToFloat(positive ^ clear >> j << 31);
                }
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
            float sum = 0;
            for (int j = 0; j < ELEMENTS; j++) {
                float v = values[o + j];
                sum += Math.abs(v);
                if (v >= 0) {
                    blocks[p + QS + j / 8] |= (byte) (1 << j % 8);
                }
            }
            Bytes.putHalf(blocks, p, sum / ELEMENTS);
        }
    }
}
