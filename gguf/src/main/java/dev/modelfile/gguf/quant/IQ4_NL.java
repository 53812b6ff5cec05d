package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// IQ4_NL: 32 elements in 18 bytes, `d f16; qs[16]`.
///
/// Low nibbles are elements 0-15, high nibbles 16-31; each picks one of the sixteen levels of [NonLinear], times `d`.
/// The encoder is the one of whole tensors (15 trials), not of `quantize_row_iq4_nl_ref`, which takes one.
public final class IQ4_NL implements BlockCodec {

    private static final int ELEMENTS = 32;
    private static final int BYTES = 18;
    private static final int QS = 2;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int j = 0; j < 16; j++) {
                int q = blocks[p + QS + j];
                values[o + j] = d * NonLinear.level(q & 15);
                values[o + 16 + j] = d * NonLinear.level(q >> 4 & 15);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        float[] weight = new float[ELEMENTS];
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            int o = from + i;
            float sigma2 = Weights.sumOfSquares(values, o, ELEMENTS) * (2f / ELEMENTS);
            NonLinear.weigh(weight, values, o, importance, i, sigma2);
            float scale = NonLinear.fit(values, o, weight);
            Bytes.putHalf(blocks, p, scale);
            NonLinear.encode(values, o, scale != 0 ? 1 / scale : 0f, blocks, p + QS);
        }
    }
}
