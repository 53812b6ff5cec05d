package dev.modelfile.gguf;

import dev.modelfile.DType;
import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The numbers of element types in GGUF files (`enum ggml_type`).
final class TypeIds {

    private static final String UNKNOWN = "GGML_";
    private static final String REMOVED = " (removed)";

    private static final Map<Integer, String> REPLACEMENT = Map.of(
            4, "Q4_2 was removed from ggml in 2023; requantise from the original model",
            5, "Q4_3 was removed from ggml in 2023; requantise from the original model",
            31, "Q4_0_4_4 was removed from ggml; use Q4_0, which is repacked at run time",
            32, "Q4_0_4_8 was removed from ggml; use Q4_0, which is repacked at run time",
            33, "Q4_0_8_8 was removed from ggml; use Q4_0, which is repacked at run time",
            36, "IQ4_NL_4_4 was removed from ggml; use IQ4_NL, which is repacked at run time",
            37, "IQ4_NL_4_8 was removed from ggml; use IQ4_NL, which is repacked at run time",
            38, "IQ4_NL_8_8 was removed from ggml; use IQ4_NL, which is repacked at run time");

    private static final Map<Integer, DType> TYPES = types();
    private static final Map<DType, Integer> IDS = ids();

    private TypeIds() {}

    private static Map<Integer, DType> types() {
        Map<Integer, DType> types = new HashMap<>(Map.of(
                0, ScalarType.F32,
                1, ScalarType.F16,
                24, ScalarType.I8,
                25, ScalarType.I16,
                26, ScalarType.I32,
                27, ScalarType.I64,
                28, ScalarType.F64,
                30, ScalarType.BF16));
        for (GgmlType type : GgmlType.values()) {
            types.put(type.id(), type);
        }
        REPLACEMENT.forEach((id, text) -> {
            String name = text.substring(0, text.indexOf(' '));
            types.put(id, new OpaqueType(name + REMOVED));
        });
        return Map.copyOf(types);
    }

    private static Map<DType, Integer> ids() {
        Map<DType, Integer> ids = new HashMap<>();
        TYPES.forEach((id, type) -> ids.put(type, id));
        return Map.copyOf(ids);
    }

    static DType type(int id) {
        DType type = TYPES.get(id);
        return type != null ? type : new OpaqueType(UNKNOWN + Integer.toUnsignedString(id));
    }

    static Optional<Integer> id(DType type) {
        Integer known = IDS.get(type);
        if (known != null) {
            return Optional.of(known);
        }
        if (type instanceof OpaqueType opaque && opaque.name().startsWith(UNKNOWN)) {
            return number(opaque.name().substring(UNKNOWN.length()));
        }
        return Optional.empty();
    }

    private static Optional<Integer> number(String digits) {
        try {
            return Optional.of(Integer.parseUnsignedInt(digits));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    static Optional<String> removed(int id) {
        return Optional.ofNullable(REPLACEMENT.get(id));
    }
}
