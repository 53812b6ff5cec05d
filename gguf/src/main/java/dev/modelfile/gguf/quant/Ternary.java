package dev.modelfile.gguf.quant;

/// The codes 0, 1, 2 for -1, 0, 1 times the largest magnitude, which both ternary types store.
final class Ternary {

    private Ternary() {}

    /// The inverse of the scale, which is the largest magnitude of the block.
    static float inverse(float d) {
        return d != 0 ? 1f / d : 0f;
    }

    /// The code of a value; products that are not finite count as zero.
    static int code(float scaled) {
        return Math.abs(scaled) <= Float.MAX_VALUE ? Rounding.away(scaled) + 1 : 1;
    }
}
