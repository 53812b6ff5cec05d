package dev.modelfile.gguf.quant;

/// The 4-bit floats (E2M1) of MXFP4 and NVFP4, doubled so that they are whole: 0, 1, 2, 3, 4, 6, 8, 12 and, with bit 3,
/// their negatives.
public final class Fp4 {

    private static final float[] VALUES = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private Fp4() {}

    static float value(int code) {
        return VALUES[code];
    }

    /// Writes the codes of `2 * half` elements in `half` bytes: low nibbles first, then high nibbles.
    ///
    /// @param amax their largest magnitude
    public static void encode(float[] x, int from, int half, float amax, float d, byte[] blocks, int at) {
        if (!comparesMidpoints(d, amax)) {
            for (int j = 0; j < half; j++) {
                blocks[at + j] = (byte) (nearest(x[from + j], d) | nearest(x[from + half + j], d) << 4);
            }
            return;
        }
        for (int j = 0; j < half; j++) {
            blocks[at + j] = (byte) (between(x[from + j], d) | between(x[from + half + j], d) << 4);
        }
    }

    /// Whether comparing with midpoints finds what comparing distances finds, ties going to the smaller magnitude.
    ///
    /// Multiples of d are exact, and so are the distances wherever two are nearly equal. That fails only where
    /// distances round to the same float although they differ, far beyond the largest value, or overflow.
    public static boolean comparesMidpoints(float d, float amax) {
        return d != 0 && d < 0x1p124f && amax <= 0x1p20f * d;
    }

    private static int between(float x, float d) {
        float a = Math.abs(x);
        int code = (a > 0.5f * d ? 1 : 0)
                + (a > 1.5f * d ? 1 : 0)
                + (a > 2.5f * d ? 1 : 0)
                + (a > 3.5f * d ? 1 : 0)
                + (a > 5f * d ? 1 : 0)
                + (a > 7f * d ? 1 : 0)
                + (a > 10f * d ? 1 : 0);
        return x < 0 && code != 0 ? code | 8 : code;
    }

    /// The first code whose value times `d` is nearest to `x`.
    private static int nearest(float x, float d) {
        int best = 0;
        float bestError = Math.abs(VALUES[0] * d - x);
        for (int i = 1; i < 16; i++) {
            float error = Math.abs(VALUES[i] * d - x);
            if (error < bestError) {
                best = i;
                bestError = error;
            }
        }
        return best;
    }
}
