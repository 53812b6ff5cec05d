package dev.modelfile.safetensors.header;

import dev.modelfile.ScalarType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The 22 dtypes of Safetensors 0.8 and their rank in the reference's enum, by which its writer sorts.
public final class Dtypes {
    private static final Map<String, ScalarType> BY_NAME = new HashMap<>();

    static {
        for (ScalarType type : ScalarType.values()) {
            if (rank(type) >= 0) {
                BY_NAME.put(type.name(), type);
            }
        }
    }

    private Dtypes() {}

    /// The type of a name; the case matters. Null if the format has no such type.
    static @Nullable ScalarType named(String name) {
        return BY_NAME.get(name);
    }

    /// The rank of a type, larger ranks being stored first; -1 for a type that the format does not have.
    public static int rank(ScalarType type) {
        return switch (type) {
            case BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ ->
                type.ordinal();
            case I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64 -> type.ordinal();
            default -> -1;
        };
    }
}
