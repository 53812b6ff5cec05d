package dev.modelfile.cli.option;

import dev.modelfile.Value;
import dev.modelfile.Value.Type;
import dev.modelfile.spi.CarriedMetadata;
import java.util.Locale;

/// A metadata value as written on the command line: text, or `TYPE:NUMBER` with one of the types `u8 i8 u16 i16 u32 i32
/// u64 i64 f32 f64 bool`; `str:` before a text that would look like that.
public final class TypedValue {
    private TypedValue() {}

    /// Reads a value.
    ///
    /// @throws UsageException if the type is followed by something that is no value of it
    public static Value parse(String text) {
        int colon = text.indexOf(':');
        String prefix = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
        String rest = text.substring(colon + 1);
        try {
            return switch (prefix) {
                case "u8" -> new Value.Int(Type.U8, Long.parseLong(rest));
                case "i8" -> new Value.Int(Type.I8, Long.parseLong(rest));
                case "u16" -> new Value.Int(Type.U16, Long.parseLong(rest));
                case "i16" -> new Value.Int(Type.I16, Long.parseLong(rest));
                case "u32" -> new Value.Int(Type.U32, Long.parseLong(rest));
                case "i32" -> new Value.Int(Type.I32, Long.parseLong(rest));
                case "u64" -> new Value.Int(Type.U64, Long.parseUnsignedLong(rest));
                case "i64" -> new Value.Int(Type.I64, Long.parseLong(rest));
                case "f32" -> Value.f32(Float.parseFloat(rest));
                case "f64" -> Value.of(Double.parseDouble(rest));
                case "bool" -> Value.of(truth(rest));
                case "str" -> Value.of(rest);
                default ->
                    prefix.startsWith("[") && prefix.endsWith("]")
                            ? CarriedMetadata.parse(prefix, rest)
                            : Value.of(text);
            };
        } catch (NumberFormatException noNumber) {
            throw new UsageException("'" + text + "': '" + rest + "' is not a number of that type", noNumber);
        } catch (IllegalArgumentException noArray) {
            throw new UsageException(
                    "'" + text + "': not an array of that type as in '[u32]:[1, 2]' or '[string]:[\"a\", \"b\"]'",
                    noArray);
        }
    }

    private static boolean truth(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new UsageException("'" + text + "' is neither true nor false");
        };
    }
}
