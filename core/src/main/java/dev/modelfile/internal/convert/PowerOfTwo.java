package dev.modelfile.internal.convert;

/// F8_E8M0: code b is 2^(b-127), 0xFF is NaN. It has no zero, no sign and no infinity.
///
/// Rounds to the nearest power of two, ties up, as PyTorch, ml_dtypes and ONNX do; like theirs, everything between the
/// two smallest powers goes to the larger. What has no power of two near it, zero and negative numbers, is NaN.
final class PowerOfTwo extends SmallFloat {
    static final PowerOfTwo F8_E8M0 = new PowerOfTwo();

    private static final int NAN = 0xFF;
    private static final int LARGEST = 0xFE;
    private static final int BIAS = 127;
    private static final int DOUBLE_BIAS = 1023;

    private PowerOfTwo() {}

    @Override
    float[] values() {
        float[] values = new float[256];
        for (int code = 0; code < NAN; code++) {
            values[code] = Math.scalb(1f, code - BIAS);
        }
        values[NAN] = Float.NaN;
        return values;
    }

    @Override
    int encode(double value) {
        if (!(value > 0)) {
            return NAN;
        }
        if (value <= 0x1p-126) {
            return value <= 0x1p-127 ? 0 : 1;
        }
        long bits = Double.doubleToRawLongBits(value);
        int exponent = (int) (bits >>> 52) - DOUBLE_BIAS + (int) (bits >>> 51 & 1);
        return exponent + BIAS > LARGEST ? NAN : exponent + BIAS;
    }
}
