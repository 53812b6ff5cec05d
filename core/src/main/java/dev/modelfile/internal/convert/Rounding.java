package dev.modelfile.internal.convert;

/// Roundings that Java has no operator for.
///
/// "Sticky" rounding, or rounding to odd: what is cut off shows in the last bit that is kept, which is set if the
/// number is inexact. A later rounding to at least two bits less then gives what a single rounding would.
final class Rounding {
    /// Of floats, as a biased exponent of a double.
    private static final int SMALLEST_NORMAL = 1023 - 126;
    /// The bits of a double that a normal float has no room for.
    private static final long REST = (1L << 29) - 1;

    private Rounding() {}

    /// An unsigned number to the nearest double, ties to even.
    static double unsignedToDouble(long bits) {
        return bits >= 0 ? bits : 2.0 * (double) halved(bits);
    }

    /// An unsigned number to the nearest float, ties to even.
    static float unsignedToFloat(long bits) {
        return bits >= 0 ? bits : 2f * (float) halved(bits);
    }

    /// Half of an unsigned number, keeping in the lowest bit whether anything was cut off: rounding the half then goes
    /// the same way as rounding the whole.
    private static long halved(long bits) {
        return bits >>> 1 | bits & 1;
    }

    /// 64-bit integers as doubles, sticky: of those that a double may not hold, the twelve lowest bits become one.
    static void stickyDoubles(long[] integers, double[] doubles, int count, boolean unsigned) {
        long signed = unsigned ? 0 : -1;
        for (int i = 0; i < count; i++) {
            long sign = integers[i] >> 63 & signed;
            long magnitude = (integers[i] ^ sign) - sign;
            long large = -(magnitude >>> 53) >> 63;
            long isCut = (magnitude & 0x7FF) + 0x7FF | magnitude;
            long sticky = magnitude & ~(0xFFF & large) | isCut & 0x800 & large;
            double exact = (double) (sticky >>> 32) * 0x1p32 + (double) (sticky & 0xFFFF_FFFFL);
            doubles[i] = exact * (double) (sign | 1);
        }
    }

    /// A double as a float, sticky also where floats are subnormal. Beyond the largest float, infinity.
    static float stickyFloat(double value) {
        long bits = Double.doubleToRawLongBits(value);
        int exponent = (int) (bits >>> 52) & 0x7FF;
        // Below the smallest normal float, fewer bits are kept.
        int dropped = 29 + Math.clamp(SMALLEST_NORMAL - exponent, 0, 22);
        long rest = (1L << dropped) - 1;
        long sticky = (bits & rest) + rest & rest + 1;
        float rounded = (float) Double.longBitsToDouble(bits & ~rest | sticky);
        return rounded == 0 && value != 0 ? Math.copySign(Float.MIN_VALUE, rounded) : rounded;
    }

    /// Leaves of the bits of doubles those of floats, sticky.
    ///
    /// @return whether that is right: no float is subnormal
    static boolean stickyFloats(long[] bits, int count) {
        long subnormal = 0;
        for (int i = 0; i < count; i++) {
            long magnitude = bits[i] & Long.MAX_VALUE;
            subnormal |= magnitude - ((long) SMALLEST_NORMAL << 52) & -magnitude;
            bits[i] = bits[i] & ~REST | (bits[i] & REST) + REST & REST + 1;
        }
        return subnormal >= 0;
    }

    /// The upper halves of the bits of two floats, sticky: two BF16, the first in the lower half. An infinity stays
    /// one, and a NaN.
    static int stickyHalves(long first, long second) {
        long lower = first >>> 16 & 0xFFFF | (first & 0xFFFF) + 0xFFFF >>> 16;
        long upper = second >>> 16 & 0xFFFF | (second & 0xFFFF) + 0xFFFF >>> 16;
        return (int) (lower | upper << 16);
    }
}
