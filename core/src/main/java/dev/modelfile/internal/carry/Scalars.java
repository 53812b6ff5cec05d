package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import java.util.regex.Pattern;

/// Numbers, truth values and nothing from their text, or from a value of a wider type.
final class Scalars {
    private static final Pattern INTEGER = Pattern.compile("-?\\d+");

    private Scalars() {}

    /// @throws IllegalArgumentException if the text is none of the type
    static Value parse(String text, Value.Type type) {
        return switch (type) {
            case U64 -> new Value.Int(type, Long.parseUnsignedLong(text));
            case U8, I8, U16, I16, U32, I32, I64 -> new Value.Int(type, Long.parseLong(text));
            case F32 -> Value.f32(Float.parseFloat(text));
            case F64 -> Value.of(Double.parseDouble(text));
            case BOOL -> bool(text);
            case NONE -> none(text);
            default -> throw new IllegalArgumentException(type + " is no scalar");
        };
    }

    /// What JSON says of itself.
    ///
    /// @throws IllegalArgumentException if it says nothing
    static Value plain(String text) {
        return switch (text) {
            case "true", "false" -> bool(text);
            case "null" -> new Value.None();
            default ->
                INTEGER.matcher(text).matches() ? Value.of(Long.parseLong(text)) : Value.of(Double.parseDouble(text));
        };
    }

    private static Value bool(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(text + " is no truth value");
        }
        return Value.of(text.equals("true"));
    }

    private static Value none(String text) {
        if (!text.equals("null")) {
            throw new IllegalArgumentException(text + " is not null");
        }
        return new Value.None();
    }

    /// A value that a format has widened, as the type that it was.
    ///
    /// @throws IllegalArgumentException if it is not one of that type
    static Value narrow(Value value, Value.Type type) {
        return switch (value) {
            case Value.Int number
            when type != Value.Type.F32 && type != Value.Type.F64 -> new Value.Int(type, number.bits());
            case Value.Real real
            when type == Value.Type.F32 && (float) real.value() == real.value()
                    || type == Value.Type.F32 && Double.isNaN(real.value()) -> Value.f32((float) real.value());
            case Value.Real real when type == Value.Type.F64 -> real;
            default -> {
                if (value.type() != type) {
                    throw new IllegalArgumentException(value.type() + " is not " + type);
                }
                yield value;
            }
        };
    }
}
