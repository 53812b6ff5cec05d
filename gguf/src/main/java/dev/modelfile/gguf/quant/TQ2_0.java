package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// TQ2_0: 256 elements in 66 bytes, `qs[64]; d f16`.
///
/// Each half of 128 elements takes 32 bytes: byte m holds elements m, m+32, m+64, m+96 in two bits each, lowest first.
/// A value is `(q - 1) * d`.
public final class TQ2_0 implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 66;
    private static final int D = 64;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p + D);
            decodeHalf(blocks, p, values, o, d);
            decodeHalf(blocks, p + 32, values, o + 128, d);
        }
    }

    private static void decodeHalf(byte[] blocks, int p, float[] values, int o, float d) {
        for (int m = 0; m < 32; m++) {
            int q = blocks[p + m];
            values[o + m] = ((q & 3) - 1) * d;
            values[o + 32 + m] = ((q >> 2 & 3) - 1) * d;
            values[o + 64 + m] = ((q >> 4 & 3) - 1) * d;
            values[o + 96 + m] = ((q >> 6 & 3) - 1) * d;
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
            float d = Extremes.absMax(values, o, ELEMENTS);
            float id = Ternary.inverse(d);
            Bytes.putHalf(blocks, p + D, d);
            for (int j = 0; j < ELEMENTS; j++) {
                int code = Ternary.code(values[o + j] * id) & 3;
                blocks[p + j / 128 * 32 + j % 32] |= (byte) (code << 2 * (j / 32 % 4));
            }
        }
    }
}
