package dev.modelfile.cli.values;

import dev.modelfile.BlockType;
import dev.modelfile.DType;
import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;

/// What can be done with the elements of a type.
final class Elements {
    /// Elements that are decoded at a time: whole blocks of every type.
    static final int CHUNK = 1 << 16;

    private Elements() {}

    /// Whether the elements are real numbers that can be decoded.
    static boolean areNumbers(DType type) {
        return switch (type) {
            case ScalarType scalar -> scalar.kind() != Kind.COMPLEX;
            case BlockType block -> block.canDecode();
            default -> false;
        };
    }

    /// Whether a double cannot hold all values.
    static boolean areWideIntegers(DType type) {
        return type == ScalarType.I64 || type == ScalarType.U64;
    }

    /// Whether the elements are integers or truth values.
    static boolean areIntegers(DType type) {
        return type instanceof ScalarType scalar && scalar.kind() != Kind.FLOAT && scalar.kind() != Kind.COMPLEX;
    }
}
