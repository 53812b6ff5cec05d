package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q4_1: 32 elements in 20 bytes, `d f16; m f16; qs[16]`.
///
/// Low nibbles are elements 0-15, high nibbles 16-31; an element is `q * d + m`.
public final class Q4_1 implements BlockCodec {

    private static final int ELEMENTS = 32;
    private static final int BYTES = 20;
    private static final int M = 2;
    private static final int QS = 4;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            float m = Bytes.half(blocks, p + M);
            for (int j = 0; j < 16; j++) {
                int q = blocks[p + QS + j];
                values[o + j] = (q & 15) * d + m;
                values[o + 16 + j] = (q >> 4 & 15) * d + m;
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
        float min = Extremes.min(x, o, ELEMENTS);
        float d = (Extremes.max(x, o, ELEMENTS) - min) / 15;
        float id = d != 0 ? 1f / d : 0f;
        Bytes.putHalf(blocks, p, d);
        Bytes.putHalf(blocks, p + M, min);
        for (int j = 0; j < 16; j++) {
            int low = Math.min(15, (byte) Rounding.truncate((x[o + j] - min) * id + 0.5f));
            int high = Math.min(15, (byte) Rounding.truncate((x[o + 16 + j] - min) * id + 0.5f));
            blocks[p + QS + j] = (byte) (low & 0xFF | high << 4);
        }
    }

    private static void encodeWeighted(float[] x, int from, int elements, float[] importance, byte[] blocks) {
        float sigma2 = Weights.sumOfSquares(x, from, elements) / elements;
        AffineSearch search = AffineSearch.withImportance(ELEMENTS, 15);
        int[] code = new int[ELEMENTS];
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            Weights.fill(search.weight, importance, i, sigma2, x, from + i, ELEMENTS);
            Bytes.putHalf(blocks, p, search.fit(x, from + i, code, 0));
            Bytes.putHalf(blocks, p + M, -search.offset);
            Q4_0.pack(code, blocks, p + QS);
        }
    }
}
