package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q8_0: 32 elements in 34 bytes, `d f16; qs i8[32]`. An element is `q * d`.
public final class Q8_0 implements BlockCodec {

    private static final int ELEMENTS = 32;
    private static final int BYTES = 34;
    private static final int QS = 2;

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
            Bytes.putHalf(blocks, p, encodeCodes(values, o, blocks, p + QS));
        }
    }

    /// Writes 32 signed codes and returns the scale, largest magnitude / 127.
    static float encodeCodes(float[] x, int o, byte[] blocks, int at) {
        float d = Extremes.absMax(x, o, ELEMENTS) / 127;
        float id = d != 0 ? 1f / d : 0f;
        // A scale too small to have an inverse: the reference's conversions of infinity and NaN give zero.
        float factor = id <= Float.MAX_VALUE ? id : 0f;
        for (int j = 0; j < ELEMENTS; j++) {
            float v = x[o + j] * factor;
            blocks[at + j] = (byte) (int) (v + Rounding.almostHalf(v));
        }
        return d;
    }
}
