package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;

/// A small binary float described by its widths: encodes with one rounding to nearest even.
///
/// Sources of the rules: OCP 8-bit Floating Point Specification 1.0 for E4M3 and E5M2, which leaves
/// the choice between saturating and not: as in PyTorch, E4M3 saturates and E5M2 becomes infinite; OCP Microscaling
/// Formats 1.0 for F4 and F6, which always saturate and leave NaN undefined: as in ml_dtypes it becomes a zero of the
/// other sign; the FNUZ kinds as in LLVM's APFloat, where overflow gives NaN.
final class MiniFloat extends SmallFloat {
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

    private MiniFloat(int exponentBits, int mantissaBits, int bias, int largest, int overflow, int nan, boolean fnuz) {
        this.mantissaBits = mantissaBits;
        this.bias = bias;
        this.signShift = exponentBits + mantissaBits;
        this.largest = largest;
        this.overflow = overflow;
        this.nan = nan;
        this.fnuz = fnuz;
    }

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
    @Override
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

    @Override
    float[] values() {
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
