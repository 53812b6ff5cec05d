package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// NVFP4: 64 elements in 36 bytes, `d u8[4]; qs[32]`.
///
/// Four groups of 16 4-bit floats (E2M1), each with an unsigned E4M3 scale. Of the eight bytes of a group, low nibbles
/// are elements 0-7, high nibbles 8-15.
public final class NVFP4 implements BlockCodec {

    private static final int ELEMENTS = 64;
    private static final int BYTES = 36;
    private static final int QS = 4;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            for (int s = 0; s < 4; s++) {
                float d = halfScale(blocks[p + s] & 0xFF);
                for (int j = 0; j < 8; j++) {
                    int q = blocks[p + QS + 8 * s + j];
                    values[o + 16 * s + j] = Fp4.value(q & 15) * d;
                    values[o + 16 * s + 8 + j] = Fp4.value(q >> 4 & 15) * d;
                }
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
            for (int s = 0; s < 4; s++) {
                int group = o + 16 * s;
                float amax = Extremes.absMax(values, group, 16);
                int scale = encodeScale(amax / 6f);
                float d = halfScale(scale);
                blocks[p + s] = (byte) scale;
                Fp4.encode(values, group, 8, amax, d, blocks, p + QS + 8 * s);
            }
        }
    }

    /// Half the scale that an unsigned E4M3 byte stands for, because the values are doubled. 0x7F, a NaN elsewhere, is
    /// zero here; the top bit is ignored.
    public static float halfScale(int code) {
        int exponent = code >> 3 & 15;
        int mantissa = code & 7;
        if (code == 0x7F) {
            return 0f;
        }
        return exponent == 0 ? mantissa * 0x1p-10f : (8 + mantissa) * Float.intBitsToFloat(exponent + 116 << 23);
    }

    /// Rounds to unsigned E4M3, half up. The largest exponent is used for one code only: whatever rounds to 256 or more
    /// becomes 0x7E, which is 448.
    private static int encodeScale(float x) {
        if (!(x > 0f)) {
            return 0;
        }
        int bits = Float.floatToRawIntBits(x);
        int exponent = (bits >>> 23) - 120;
        if (exponent <= 0) {
            return Math.min(7, (int) (x * 512f + 0.5f));
        }
        // Mantissa and exponent are next to each other, so a mantissa that rounds up to 8 carries into the exponent.
        int code = (exponent << 3 | bits >> 20 & 7) + (bits >> 19 & 1);
        return exponent >= 15 || code >= 15 << 3 ? 0x7E : code;
    }
}
