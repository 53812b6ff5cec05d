package dev.modelfile.gguf.quant;

/// The ways in which ggml turns a float into an integer. They differ for ties and outside the range of an `int`.
public final class Rounding {

    /// 1.5 * 2^23: adding it leaves the rounded integer in the low mantissa bits.
    private static final float MAGIC = 12582912f;

    private Rounding() {}

    /// Nearest integer, ties to even, for magnitudes up to 4194303; any other value gives what the bit trick gives.
    public static int nearest(float v) {
        return (Float.floatToRawIntBits(v + MAGIC) & 0x007FFFFF) - 0x00400000;
    }

    /// Nearest integer clamped to a range.
    public static int nearest(float v, int low, int high) {
        int l = nearest(v);
        return l < low ? low : l > high ? high : l;
    }

    /// Drops the fraction. NaN and values beyond an `int` give the smallest `int`, as the x86 conversion does.
    public static int truncate(float v) {
        return Math.abs(v) < 0x1p31f ? (int) v : Integer.MIN_VALUE;
    }

    /// Nearest integer, ties away from zero. NaN and values beyond an `int` give the smallest `int`.
    public static int away(float v) {
        if (!(Math.abs(v) < 0x1p31f)) {
            return Integer.MIN_VALUE;
        }
        return (int) (v + almostHalf(v));
    }

    /// The largest float below a half, with the sign of `v`. Added to `v` it carries exactly those fractions over the
    /// next whole number that are a half or more.
    public static float almostHalf(float v) {
        return Float.intBitsToFloat(Float.floatToRawIntBits(v) & 0x80000000 | 0x3EFFFFFF);
    }
}
