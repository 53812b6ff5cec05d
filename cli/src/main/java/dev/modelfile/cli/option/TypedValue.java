package dev.modelfile.cli.option;

import dev.modelfile.Value;
import dev.modelfile.Value.Type;
import dev.modelfile.spi.CarriedMetadata;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A metadata value as written on the command line: text, or `TYPE:NUMBER` with one of the types `u8 i8 u16 i16 u32 i32
/// u64 i64 f32 f64 bool`, or `[TYPE]:[VALUE, …]`; `str:` before a text that would look like that. Text without a type,
/// for a key that has a value, is read as a value of the same type.
public final class TypedValue {
    private TypedValue() {}

    /// Reads a value.
    ///
    /// @param old what the key has now: text without a type is read as a value of its type
    /// @throws UsageException if the type is followed by something that is no value of it
    public static Value parse(String text, Optional<Value> old) {
        int colon = text.indexOf(':');
        String type = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
        Value value = value(type, text.substring(colon + 1), text);
        return value == null ? kept(text, old) : value;
    }

    private static Value kept(String text, Optional<Value> old) {
        String type = old.map(TypedValue::type).orElse("str");
        try {
            Value value = value(type, text, text);
            return value == null ? Value.of(text) : value;
        } catch (UsageException other) {
            throw new UsageException(other.getMessage() + "; the key has that type now, 'str:' makes it text", other);
        }
    }

    private static String type(Value value) {
        return switch (value.type()) {
            case STRING, TABLE, NONE, OPAQUE -> "str";
            case ARRAY -> "[" + ((Value.Array) value).elementType().name().toLowerCase(Locale.ROOT) + "]";
            default -> value.type().name().toLowerCase(Locale.ROOT);
        };
    }

    /// Null if there is no such type.
    private static @Nullable Value value(String type, String rest, String text) {
        try {
            return switch (type) {
                case "u8", "i8", "u16", "i16", "u32", "i32", "i64" ->
                    new Value.Int(Type.valueOf(type.toUpperCase(Locale.ROOT)), Long.parseLong(rest));
                case "u64" -> new Value.Int(Type.U64, Long.parseUnsignedLong(rest));
                case "f32" -> Value.f32(Float.parseFloat(rest));
                case "f64" -> Value.of(Double.parseDouble(rest));
                case "bool" -> Value.of(truth(rest));
                case "str" -> Value.of(rest);
                default -> type.startsWith("[") && type.endsWith("]") ? CarriedMetadata.parse(type, rest) : null;
            };
        } catch (IllegalArgumentException none) {
            throw new UsageException(
                    type.startsWith("[")
                            ? "'" + text + "': not an array of " + type
                                    + " as in '[u32]:[1, 2]' or '[string]:[\"a\", \"b\"]'"
                            : "'" + text + "': '" + rest + "' is no value of type " + type,
                    none);
        }
    }

    private static boolean truth(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("neither true nor false");
        };
    }
}
