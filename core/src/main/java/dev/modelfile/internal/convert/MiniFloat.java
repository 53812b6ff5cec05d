package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;

/// A small binary float described by its widths: encodes from float or double with one rounding to nearest even, and
/// decodes through a table where the type has at most eight bits.
///
/// Sources of the rules: IEEE 754 for F16; OCP 8-bit Floating Point Specification 1.0 for E4M3 and E5M2, which leaves
/// the choice between saturating and not: as in PyTorch, E4M3 saturates and E5M2 becomes infinite; OCP Microscaling
/// Formats 1.0 for F4 and F6, which always saturate and leave NaN undefined: as in ml_dtypes it becomes a zero of the
/// other sign; the FNUZ kinds as in LLVM's APFloat, where overflow gives NaN.
final class MiniFloat {
    private static final int FLOAT_MANTISSA = 23;
    private static final int FLOAT_BIAS = 127;
    private static final int DOUBLE_MANTISSA = 52;
    private static final long DOUBLE_FRACTION = (1L << DOUBLE_MANTISSA) - 1;

    private final int mantissaBits;
    private final int bias;
    private final int signShift;
    private final int largest;
    private final int overflow;
    private final int nan;
    /// Neither negative zero nor infinities, and a single NaN where negative zero would be.
    private final boolean fnuz;
    /// The float bits of the smallest normal number.
    private final int smallestNormal;

    private final float subnormalUnit;

    private MiniFloat(int exponentBits, int mantissaBits, int bias, int largest, int overflow, int nan, boolean fnuz) {
        this.mantissaBits = mantissaBits;
        this.bias = bias;
        this.signShift = exponentBits + mantissaBits;
        this.largest = largest;
        this.overflow = overflow;
        this.nan = nan;
        this.fnuz = fnuz;
        this.smallestNormal = FLOAT_BIAS + 1 - bias << FLOAT_MANTISSA;
        this.subnormalUnit = Math.scalb(1f, FLOAT_MANTISSA + 1 - bias - mantissaBits);
    }

    static final MiniFloat F16 = new MiniFloat(5, 10, 15, 0x7BFF, 0x7C00, 0x7E00, false);
    static final MiniFloat BF16 = new MiniFloat(8, 7, 127, 0x7F7F, 0x7F80, 0x7FC0, false);
    static final MiniFloat F8_E5M2 = new MiniFloat(5, 2, 15, 0x7B, 0x7C, 0x7E, false);
    static final MiniFloat F8_E4M3 = new MiniFloat(4, 3, 7, 0x7E, 0x7E, 0x7F, false);
    static final MiniFloat F8_E5M2FNUZ = new MiniFloat(5, 2, 16, 0x7F, 0x80, 0x80, true);
    static final MiniFloat F8_E4M3FNUZ = new MiniFloat(4, 3, 8, 0x7F, 0x80, 0x80, true);
    static final MiniFloat F6_E2M3 = new MiniFloat(2, 3, 1, 0x1F, 0x1F, 0, false);
    static final MiniFloat F6_E3M2 = new MiniFloat(3, 2, 3, 0x1F, 0x1F, 0, false);
    static final MiniFloat F4 = new MiniFloat(2, 1, 1, 0x7, 0x7, 0, false);

    /// The description of a type, for the types that this class handles.
    static MiniFloat of(ScalarType type) {
        return switch (type) {
            case F16 -> F16;
            case BF16 -> BF16;
            case F8_E5M2 -> F8_E5M2;
            case F8_E4M3 -> F8_E4M3;
            case F8_E5M2FNUZ -> F8_E5M2FNUZ;
            case F8_E4M3FNUZ -> F8_E4M3FNUZ;
            case F6_E2M3 -> F6_E2M3;
            case F6_E3M2 -> F6_E3M2;
            case F4 -> F4;
            default -> throw new IllegalArgumentException(type + " is not a small float");
        };
    }

    /// The code nearest to a number, ties to even.
    int encode(double value) {
        long bits = Double.doubleToRawLongBits(value);
        int sign = (int) (bits >>> 63) << signShift;
        long magnitude = bits & Long.MAX_VALUE;
        if (magnitude > 0x7FF0_0000_0000_0000L) {
            return nan == 0 ? sign ^ 1 << signShift : fnuz ? nan : sign | nan;
        }
        int code = magnitude == 0x7FF0_0000_0000_0000L ? largest + 1 : round(magnitude);
        if (code > largest) {
            return fnuz ? nan : sign | overflow;
        }
        return code == 0 && fnuz ? 0 : sign | code;
    }

    /// The code nearest to a number, ties to even: the same as for the double of that number, in the arithmetic of
    /// integers of 32 bits.
    int encode(float value) {
        int bits = Float.floatToRawIntBits(value);
        int magnitude = bits & Integer.MAX_VALUE;
        int sign = bits >>> 31 << signShift;
        if (magnitude >= 0x7F80_0000) {
            return encode((double) value);
        }
        // Both ways are computed and one is chosen by a mask: which one it is can hardly be predicted.
        // Adding a number whose last place is worth one subnormal step rounds to whole steps.
        int subnormal = Float.floatToRawIntBits(Float.intBitsToFloat(magnitude) + subnormalUnit)
                - Float.floatToRawIntBits(subnormalUnit);
        int dropped = FLOAT_MANTISSA - mantissaBits;
        int odd = magnitude >>> dropped & 1;
        int normal = (magnitude + odd + (1 << dropped - 1) - 1 >>> dropped) - (FLOAT_BIAS - bias << mantissaBits);
        int code = choose(magnitude - smallestNormal >> 31, subnormal, normal);
        int beyond = largest - code >> 31;
        return fnuz ? choose(beyond, nan, code == 0 ? 0 : sign | code) : sign | choose(beyond, overflow, code);
    }

    /// The first number where the mask is all ones, the second where it is zero.
    private static int choose(int mask, int whenSet, int otherwise) {
        return whenSet & mask | otherwise & ~mask;
    }

    private int round(long magnitude) {
        int exponent = (int) (magnitude >>> DOUBLE_MANTISSA) - 1023;
        int smallest = 1 - bias;
        if (exponent < smallest - mantissaBits - 1) {
            return 0;
        }
        long significand = (magnitude & DOUBLE_FRACTION) | (1L << DOUBLE_MANTISSA);
        int shift = DOUBLE_MANTISSA - mantissaBits + Math.max(0, smallest - exponent);
        long kept = significand >>> shift;
        long rest = significand & ((1L << shift) - 1);
        long half = 1L << (shift - 1);
        if (rest > half || (rest == half && (kept & 1) == 1)) {
            kept++;
        }
        // The leading one of a normal number adds one to the exponent field, and so does a carry out of the rounding.
        long code = ((long) Math.max(0, exponent - smallest) << mantissaBits) + kept;
        return code > largest ? largest + 1 : (int) code;
    }

    /// The value of every code; only for types of at most eight bits.
    float[] table() {
        float[] values = new float[1 << (signShift + 1)];
        for (int code = 0; code < values.length; code++) {
            values[code] = decode(code);
        }
        return values;
    }

    private float decode(int code) {
        int magnitude = code & ((1 << signShift) - 1);
        float sign = code >>> signShift == 0 ? 1 : -1;
        if (fnuz && code == nan) {
            return Float.NaN;
        }
        if (magnitude > largest) {
            return magnitude == overflow && overflow != nan
                    ? sign * Float.POSITIVE_INFINITY
                    : Math.copySign(Float.NaN, sign);
        }
        int fraction = magnitude & ((1 << mantissaBits) - 1);
        int exponent = magnitude >>> mantissaBits;
        return exponent == 0
                ? sign * Math.scalb((float) fraction, 1 - bias - mantissaBits)
                : sign * Math.scalb((float) (fraction | 1 << mantissaBits), exponent - bias - mantissaBits);
    }
}
