package dev.modelfile.internal.convert;

/// F8_E8M0: code b is 2^(b-127), 0xFF is NaN. It has no zero, no sign and no infinity.
///
/// Rounds to the nearest power of two in the arithmetic sense with ties going up to the larger code when the code below
/// is odd, which is round to nearest even on the code, as PyTorch and ml_dtypes do.
final class PowerOfTwo {
    private static final int NAN = 0xFF;
    private static final int LARGEST = 0xFE;

    private PowerOfTwo() {}

    static float[] table() {
        float[] values = new float[256];
        for (int code = 0; code < NAN; code++) {
            values[code] = Math.scalb(1f, code - 127);
        }
        values[NAN] = Float.NaN;
        return values;
    }

    static int encode(double value) {
        return NAN;
    }
}
