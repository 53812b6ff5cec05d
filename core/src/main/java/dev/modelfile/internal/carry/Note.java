package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The notation for the type of a value: `u32`, `string`, `[f32]`, `[[string]]`, `bytes` for text that is not UTF-8,
/// and `json` for what JSON tells apart by itself.
final class Note {
    static final String JSON = "json";
    /// Text that is not UTF-8, in Base64.
    static final String BYTES = "bytes";
    static final int MAX_DEPTH = 64;

    private Note() {}

    /// The type of a value, or null if it cannot be noted.
    static @Nullable String of(Value value) {
        return of(value, 0);
    }

    private static @Nullable String of(Value value, int depth) {
        return switch (value) {
            case Value.Int number -> name(number.type());
            case Value.Real real -> name(real.type());
            case Value.Bool bool -> name(Value.Type.BOOL);
            case Value.None none -> name(Value.Type.NONE);
            case Value.Text text -> text.isUtf8() ? name(Value.Type.STRING) : BYTES;
            case Value.Array array -> depth < MAX_DEPTH ? array(array, depth + 1) : null;
            case Value.Table table -> isPlain(table, depth) ? JSON : null;
            case Value.Opaque opaque -> null;
        };
    }

    private static @Nullable String array(Value.Array array, int depth) {
        String element = switch (array.elementType()) {
            case OPAQUE, TABLE -> null;
            case STRING, ARRAY -> common(array, depth);
            default -> name(array.elementType());
        };
        if (element == null) {
            return isPlain(array, depth - 1) ? JSON : null;
        }
        return "[" + element + "]";
    }

    /// What all elements are, null if they differ.
    private static @Nullable String common(Value.Array array, int depth) {
        if (array.size() == 0) {
            return array.elementType() == Value.Type.STRING ? name(Value.Type.STRING) : null;
        }
        String common = null;
        for (long i = 0; i < array.size(); i++) {
            String element = of(array.get(i), depth);
            if (common == null || element == null || common.equals("string") && element.equals(BYTES)) {
                common = element;
            } else if (!element.equals(common) && !(common.equals(BYTES) && element.equals("string"))) {
                return null;
            }
            if (common == null) {
                return null;
            }
        }
        return common;
    }

    /// Whether JSON tells a value by itself, see [dev.modelfile.spi.CarriedMetadata#isPlain].
    static boolean isPlain(Value value) {
        return isPlain(value, 0);
    }

    private static boolean isPlain(Value value, int depth) {
        return switch (value) {
            case Value.Int number -> number.type() == Value.Type.I64;
            case Value.Real real -> real.type() == Value.Type.F64;
            case Value.Bool bool -> true;
            case Value.None none -> true;
            case Value.Text text -> text.isUtf8();
            case Value.Array array -> depth < MAX_DEPTH && isPlainArray(array, depth + 1);
            case Value.Table table ->
                depth < MAX_DEPTH && table.entries().values().stream().allMatch(entry -> isPlain(entry, depth + 1));
            case Value.Opaque opaque -> false;
        };
    }

    /// Also the type of the elements has to be the one that follows from them.
    private static boolean isPlainArray(Value.Array array, int depth) {
        Value.Type common = array.size() == 0 ? Value.Type.NONE : array.get(0).type();
        for (long i = 0; i < array.size(); i++) {
            Value element = array.get(i);
            if (!isPlain(element, depth)) {
                return false;
            }
            common = element.type() == common ? common : Value.Type.OPAQUE;
        }
        return common == array.elementType();
    }

    /// As in `u32`.
    static String name(Value.Type type) {
        return type.name().toLowerCase(Locale.ROOT);
    }

    /// The type of a name; [Value.Type#STRING] for [#BYTES], [Value.Type#ARRAY] for brackets.
    ///
    /// @throws IllegalArgumentException if it is none
    static Value.Type type(String note) {
        if (note.startsWith("[") && note.endsWith("]") && note.length() > 2) {
            return Value.Type.ARRAY;
        }
        return note.equals(BYTES) ? Value.Type.STRING : Value.Type.valueOf(note.toUpperCase(Locale.ROOT));
    }

    /// @throws IllegalArgumentException if a note is nested deeper than [#MAX_DEPTH]
    static void checkDepth(String note) {
        if (note.startsWith("[".repeat(MAX_DEPTH + 1))) {
            throw new IllegalArgumentException("nested too deeply");
        }
    }

    /// What is between the brackets.
    static String element(String note) {
        return note.substring(1, note.length() - 1);
    }
}
