package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q5_1: 32 elements in 24 bytes, `d f16; m f16; qh u32; qs[16]`.
///
/// Codes are packed as in [Q5_0]; an element is `q * d + m`.
public final class Q5_1 implements BlockCodec {

    private static final int ELEMENTS = 32;
    private static final int BYTES = 24;
    private static final int M = 2;
    private static final int QH = 4;
    private static final int QS = 8;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            float m = Bytes.half(blocks, p + M);
            int qh = Bytes.i32(blocks, p + QH);
            for (int j = 0; j < 16; j++) {
                int q = blocks[p + QS + j];
                values[o + j] = (q & 15 | qh >> j << 4 & 16) * d + m;
                values[o + 16 + j] = (q >> 4 & 15 | qh >> j + 12 & 16) * d + m;
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        int[] code = new int[ELEMENTS];
        if (importance == null) {
            for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
                encodeBlock(values, o, code, blocks, p);
            }
        } else {
            encodeWeighted(values, from, elements, importance, code, blocks);
        }
    }

    private static void encodeBlock(float[] x, int o, int[] code, byte[] blocks, int p) {
        float min = Extremes.min(x, o, ELEMENTS);
        float d = (Extremes.max(x, o, ELEMENTS) - min) / 31;
        float id = d != 0 ? 1f / d : 0f;
        Bytes.putHalf(blocks, p, d);
        Bytes.putHalf(blocks, p + M, min);
        for (int j = 0; j < ELEMENTS; j++) {
            code[j] = Rounding.truncate((x[o + j] - min) * id + 0.5f) & 0xFF;
        }
        Q5_0.pack(code, blocks, p + QH);
    }

    private static void encodeWeighted(
            float[] x, int from, int elements, float[] importance, int[] code, byte[] blocks) {
        float sigma2 = Weights.sumOfSquares(x, from, elements) / elements;
        AffineSearch search = AffineSearch.withImportance(ELEMENTS, 31);
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            Weights.fill(search.weight, importance, i, sigma2, x, from + i, ELEMENTS);
            Bytes.putHalf(blocks, p, search.fit(x, from + i, code, 0));
            Bytes.putHalf(blocks, p + M, -search.offset);
            Q5_0.pack(code, blocks, p + QH);
        }
    }
}
