package dev.modelfile.gguf.container;

import dev.modelfile.Value;
import dev.modelfile.Value.Type;
import java.util.List;

/// The numbers of value types in key-value pairs (`enum gguf_type`), and how wide values are.
public final class ValueTypes {
    /// The number of strings.
    public static final int STRING = 8;
    /// The number of arrays.
    public static final int ARRAY = 9;

    private static final List<Type> TYPES = List.of(
            Type.U8,
            Type.I8,
            Type.U16,
            Type.I16,
            Type.U32,
            Type.I32,
            Type.F32,
            Type.BOOL,
            Type.STRING,
            Type.ARRAY,
            Type.U64,
            Type.I64,
            Type.F64);

    private ValueTypes() {}

    /// The type of a number; [Type#OPAQUE] if it is not known.
    public static Type type(int id) {
        return id >= 0 && id < TYPES.size() ? TYPES.get(id) : Type.OPAQUE;
    }

    /// The number of a type, or -1 if GGUF has no such type.
    public static int id(Value.Type type) {
        return TYPES.indexOf(type);
    }

    /// Bytes of one value; 0 if values differ in length or the type is not known.
    public static int width(int id) {
        return switch (type(id)) {
            case U8, I8, BOOL -> 1;
            case U16, I16 -> 2;
            case U32, I32, F32 -> 4;
            case U64, I64, F64 -> 8;
            default -> 0;
        };
    }
}
