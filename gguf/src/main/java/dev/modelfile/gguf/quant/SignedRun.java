package dev.modelfile.gguf.quant;

/// The signs of eight elements as the grid types store them.
final class SignedRun {

    private SignedRun() {}

    /// Expands seven stored signs to eight: the eighth makes the number of minus signs even.
    static int even(int seven) {
        return seven | (Integer.bitCount(seven) & 1) << 7;
    }

    /// Writes eight elements: `d * grid value`, negative where the bit in `signs` is set.
    static void decode(float d, float[] grid, int g, int signs, float[] values, int o) {
        for (int j = 0; j < 8; j++) {
            int bits = Float.floatToRawIntBits(d * grid[g + j]);
            values[o + j] = Float.intBitsToFloat(bits ^ (signs >> j & 1) << 31);
        }
    }

    /// Writes eight elements from two grid points of four.
    static void decode(float d, float[] grid, int g0, int g1, int signs, float[] values, int o) {
        for (int j = 0; j < 4; j++) {
            int first = Float.floatToRawIntBits(d * grid[g0 + j]);
            int second = Float.floatToRawIntBits(d * grid[g1 + j]);
            values[o + j] = Float.intBitsToFloat(first ^ (signs >> j & 1) << 31);
            values[o + 4 + j] = Float.intBitsToFloat(second ^ (signs >> 4 + j & 1) << 31);
        }
    }
}
