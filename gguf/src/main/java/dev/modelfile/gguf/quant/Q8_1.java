package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q8_1: 32 elements in 36 bytes, `d f16; s f16; qs i8[32]`, where `s` is `d` times the sum of the codes.
///
/// An element is `q * d`. ggml uses this type for intermediate results only and has no decoder of its own for it.
public final class Q8_1 implements BlockCodec {

    private static final int ELEMENTS = 32;
    private static final int BYTES = 36;
    private static final int S = 2;
    private static final int QS = 4;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int j = 0; j < ELEMENTS; j++) {
                values[o + j] = blocks[p + QS + j] * d;
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
            float d = Q8_0.encodeCodes(values, o, blocks, p + QS);
            int sum = 0;
            for (int j = 0; j < ELEMENTS; j++) {
                sum += blocks[p + QS + j];
            }
            Bytes.putHalf(blocks, p, d);
            Bytes.putHalf(blocks, p + S, sum * d);
        }
    }
}
