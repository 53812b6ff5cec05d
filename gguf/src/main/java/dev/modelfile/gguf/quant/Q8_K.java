package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q8_K: 256 elements in 292 bytes, `d f32; qs i8[256]; bsums i16[16]`, where `bsums` are the sums of 16 codes each.
///
/// A value is `d * q`. ggml uses this type for intermediate results only.
public final class Q8_K implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 292;
    private static final int QS = 4;
    private static final int SUMS = 260;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Float.intBitsToFloat(Bytes.i32(blocks, p));
            for (int j = 0; j < ELEMENTS; j++) {
                values[o + j] = d * blocks[p + QS + j];
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
            float max = Extremes.signedMax(values, o, ELEMENTS);
            if (max == 0) {
                continue;
            }
            float inverse = -127f / max;
            for (int group = 0; group < 16; group++) {
                int sum = 0;
                for (int j = 16 * group; j < 16 * group + 16; j++) {
                    byte q = (byte) Math.min(127, Rounding.nearest(inverse * values[o + j]));
                    blocks[p + QS + j] = q;
                    sum += q;
                }
                Bytes.putU16(blocks, p + SUMS + 2 * group, sum);
            }
            Bytes.putI32(blocks, p, Float.floatToRawIntBits(1 / inverse));
        }
    }
}
