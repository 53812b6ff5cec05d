package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q5_0: 32 elements in 22 bytes, `d f16; qh u32; qs[16]`.
///
/// The low four bits of elements 0-15 are low nibbles, those of 16-31 high nibbles; the fifth bit of element i is bit i
/// of `qh`. An element is `(q - 16) * d`.
public final class Q5_0 implements BlockCodec {

    private static final int ELEMENTS = 32;
    private static final int BYTES = 22;
    private static final int QH = 2;
    private static final int QS = 6;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            int qh = Bytes.i32(blocks, p + QH);
            for (int j = 0; j < 16; j++) {
                int q = blocks[p + QS + j];
                values[o + j] = ((q & 15 | qh >> j << 4 & 16) - 16) * d;
                values[o + 16 + j] = ((q >> 4 & 15 | qh >> j + 12 & 16) - 16) * d;
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
        float d = Extremes.signedMax(x, o, ELEMENTS) / -16;
        float id = d != 0 ? 1f / d : 0f;
        Bytes.putHalf(blocks, p, d);
        for (int j = 0; j < ELEMENTS; j++) {
            code[j] = Math.min(31, (byte) Rounding.truncate(x[o + j] * id + 16.5f)) & 0xFF;
        }
        pack(code, blocks, p + QH);
    }

    private static void encodeWeighted(
            float[] x, int from, int elements, float[] importance, int[] code, byte[] blocks) {
        float sigma2 = Weights.sumOfSquares(x, from, elements) / elements;
        float[] weight = new float[ELEMENTS];
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            Weights.fill(weight, importance, i, sigma2, x, from + i, ELEMENTS);
            Bytes.putHalf(blocks, p, SymmetricSearch.fit(ELEMENTS, 16, x, from + i, code, 0, weight, 0));
            pack(code, blocks, p + QH);
        }
    }

    /// Writes 32 five-bit codes as `qh u32; qs[16]`.
    public static void pack(int[] code, byte[] blocks, int at) {
        int qh = 0;
        for (int j = 0; j < 16; j++) {
            int low = code[j];
            int high = code[j + 16];
            blocks[at + 4 + j] = (byte) (low & 15 | (high & 15) << 4);
            qh |= (low >> 4 & 1) << j | (high >> 4 & 1) << j + 16;
        }
        Bytes.putI32(blocks, at, qh);
    }
}
