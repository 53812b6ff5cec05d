package dev.modelfile.gguf.quant;

/// The 4-bit floats (E2M1) of MXFP4 and NVFP4, doubled so that they are whole: 0, 1, 2, 3, 4, 6, 8, 12 and, with bit 3,
/// their negatives.
final class Fp4 {

    private static final float[] VALUES = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private Fp4() {}

    static float value(int code) {
        return VALUES[code];
    }

    /// The first code whose value times `d` is nearest to `x`.
    static int nearest(float x, float d) {
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
