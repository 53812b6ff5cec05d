package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// MXFP4: 32 elements in 17 bytes, `e u8; qs[16]`.
///
/// The OCP microscaling format: 4-bit floats (E2M1) that share the power of two 2^(e-127). Low nibbles are elements
/// 0-15, high nibbles 16-31.
public final class MXFP4 implements BlockCodec {

    private static final int ELEMENTS = 32;
    private static final int BYTES = 17;
    private static final int QS = 1;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = halfScale(blocks[p] & 0xFF);
            for (int j = 0; j < 16; j++) {
                int q = blocks[p + QS + j];
                values[o + j] = Fp4.value(q & 15) * d;
                values[o + 16 + j] = Fp4.value(q >> 4 & 15) * d;
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
            float amax = Extremes.absMax(values, o, ELEMENTS);
            int e = exponent(amax);
            float d = halfScale(e);
            blocks[p] = (byte) e;
            Fp4.encode(values, o, 16, amax, d, blocks, p + QS);
        }
    }

    /// The shared exponent for a largest magnitude, 0 to 255.
    public static int exponent(float amax) {
        return amax > 0 ? floorLog2(amax) - 2 + 127 & 0xFF : 0;
    }

    /// Half the scale, because the values are doubled: 2^(e-128).
    public static float halfScale(int e) {
        return Float.intBitsToFloat(e < 2 ? 0x00200000 << e : e - 1 << 23);
    }

    /// The floor of the base-2 logarithm **in float**, as the reference takes it: values a few steps below a power of
    /// two have a logarithm that rounds up to the whole number.
    static int floorLog2(float v) {
        int exponent = Math.getExponent(v);
        if (exponent >= Float.MIN_EXPONENT && (Float.floatToRawIntBits(v) & 0x7FFF00) != 0x7FFF00) {
            return exponent;
        }
        return (int) Math.floor((float) (StrictMath.log(v) / StrictMath.log(2)));
    }
}
