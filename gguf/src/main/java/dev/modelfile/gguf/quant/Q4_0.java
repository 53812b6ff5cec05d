package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q4_0: 32 elements in 18 bytes, `d f16; qs[16]`.
///
/// Low nibbles are elements 0-15, high nibbles 16-31; an element is `(q - 8) * d`.
public final class Q4_0 implements BlockCodec {

    private static final int ELEMENTS = 32;
    private static final int BYTES = 18;
    private static final int QS = 2;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            for (int j = 0; j < 16; j++) {
                int q = blocks[p + QS + j];
                values[o + j] = ((q & 15) - 8) * d;
                values[o + 16 + j] = ((q >> 4 & 15) - 8) * d;
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        if (importance == null) {
            for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
                encodeBlock(values, o, blocks, p);
            }
        } else {
            encodeWeighted(values, from, elements, importance, blocks);
        }
    }

    private static void encodeBlock(float[] x, int o, byte[] blocks, int p) {
        float d = Extremes.signedMax(x, o, ELEMENTS) / -8;
        float id = d != 0 ? 1f / d : 0f;
        Bytes.putHalf(blocks, p, d);
        for (int j = 0; j < 16; j++) {
            int low = Math.min(15, (byte) Rounding.truncate(x[o + j] * id + 8.5f));
            int high = Math.min(15, (byte) Rounding.truncate(x[o + 16 + j] * id + 8.5f));
            blocks[p + QS + j] = (byte) (low & 0xFF | high << 4);
        }
    }

    private static void encodeWeighted(float[] x, int from, int elements, float[] importance, byte[] blocks) {
        float sigma2 = Weights.sumOfSquares(x, from, elements) / elements;
        float[] weight = new float[ELEMENTS];
        int[] code = new int[ELEMENTS];
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            Weights.fill(weight, importance, i, sigma2, x, from + i, ELEMENTS);
            Bytes.putHalf(blocks, p, SymmetricSearch.fit(ELEMENTS, 8, x, from + i, code, 0, weight, 0));
            pack(code, blocks, p + QS);
        }
    }

    /// Writes 32 four-bit codes as 16 bytes.
    public static void pack(int[] code, byte[] blocks, int at) {
        for (int j = 0; j < 16; j++) {
            blocks[at + j] = (byte) (code[j] | code[j + 16] << 4);
        }
    }
}
