package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q2_0: 64 elements in 18 bytes, `d f16; qs[16]`.
///
/// Element i is the two bits from 2 * (i % 4) on of `qs[i / 4]`; its value is `(q - 1) * d`. The quantiser never writes
/// the code 3, which stands for `2 * d`.
public final class Q2_0 implements BlockCodec {

    private static final int ELEMENTS = 64;
    private static final int BYTES = 18;
    private static final int QS = 2;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int k = 0; k < 16; k++) {
                int q = blocks[p + QS + k];
                values[o + 4 * k] = ((q & 3) - 1) * d;
                values[o + 4 * k + 1] = ((q >> 2 & 3) - 1) * d;
                values[o + 4 * k + 2] = ((q >> 4 & 3) - 1) * d;
                values[o + 4 * k + 3] = ((q >> 6 & 3) - 1) * d;
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
            float d = Extremes.absMax(values, o, ELEMENTS);
            float id = d > 0 ? 1f / d : 0f;
            Bytes.putHalf(blocks, p, d);
            for (int j = 0; j < ELEMENTS; j++) {
                int q = Math.clamp(Rounding.away(values[o + j] * id) + 1, 0, 3);
                blocks[p + QS + j / 4] |= (byte) (q << 2 * (j % 4));
            }
        }
    }
}
