package dev.modelfile.gguf.mix;

import dev.modelfile.DType;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.gguf.container.Names;

/// What a tensor gets whose rows do not fill the blocks of the type chosen.
public final class Fallback {
    private Fallback() {}

    /// The type itself if it fits, else one with smaller blocks, else half precision.
    ///
    /// @throws IllegalArgumentException if there is no such type
    public static DType of(DType wanted, Shape shape, String name) {
        if (fits(wanted, shape) || !(wanted instanceof GgmlType type)) {
            return wanted;
        }
        GgmlType smaller = smaller(type);
        if (smaller == type && type.blockElements() > 32) {
            throw new IllegalArgumentException("tensor \"" + Names.shown(name) + "\" has rows of " + shape.rowElements()
                    + " elements, which do not fill " + type.name() + " blocks of " + type.blockElements()
                    + ", and there is no smaller type like it; choose another type for it");
        }
        return fits(smaller, shape) ? smaller : ScalarType.F16;
    }

    private static GgmlType smaller(GgmlType type) {
        return switch (type) {
            case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> GgmlType.IQ4_NL;
            case Q2_0, Q2_K, Q3_K, TQ1_0, TQ2_0 -> GgmlType.Q4_0;
            case Q4_K -> GgmlType.Q5_0;
            case Q5_K -> GgmlType.Q5_1;
            case Q6_K -> GgmlType.Q8_0;
            default -> type;
        };
    }

    private static boolean fits(DType type, Shape shape) {
        return shape.rowElements() % type.blockElements() == 0;
    }
}
