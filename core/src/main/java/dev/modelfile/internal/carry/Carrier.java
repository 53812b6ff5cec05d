package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import dev.modelfile.spi.TextData;
import java.lang.foreign.MemorySegment;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Changes single values into what formats hold, and back.
public final class Carrier {
    private Carrier() {}

    /// The notation of a value's type, or null if it cannot be carried.
    public static @Nullable String note(Value value) {
        return Note.of(value);
    }

    /// Whether JSON and Python tell a value's type by themselves.
    public static boolean isPlain(Value value) {
        return Note.isPlain(value);
    }

    /// A value as text.
    ///
    /// @param note its [#note]
    public static Value text(Value value, String note) {
        return value instanceof Value.Array array
                ? Value.text(new ArrayText(array, note))
                : Value.text(JsonText.of(value, note));
    }

    /// A number as I64 or F64, an array of numbers as one of those; any other value as it is.
    public static Value widened(Value value) {
        return switch (value) {
            case Value.Int number when number.type() != Value.Type.U64 || number.bits() >= 0 -> Value.of(number.bits());
            case Value.Real real -> Value.of(real.value());
            case Value.Array array
            when array.size() > 0 && wide(array.elementType()) != array.elementType() ->
                new ViewedArray(wide(array.elementType()), array, Carrier::widened);
            default -> value;
        };
    }

    private static Value.Type wide(Value.Type type) {
        return switch (type) {
            case U8, I8, U16, I16, U32, I32, U64, I64 -> Value.Type.I64;
            case F32, F64 -> Value.Type.F64;
            default -> type;
        };
    }

    /// A stored value as what it was.
    ///
    /// @param note its type then
    /// @throws IllegalArgumentException if it is no such value
    public static Value restored(Value stored, String note) {
        Note.checkDepth(note);
        if (stored instanceof Value.Text text) {
            return parsed(text, note);
        }
        if (stored instanceof Value.Array array && Note.type(note) == Value.Type.ARRAY) {
            Value.Type element = Note.type(Note.element(note));
            ViewedArray view = new ViewedArray(element, array, value -> Scalars.narrow(value, element));
            for (long i = 0; i < view.size(); i++) {
                Objects.requireNonNull(view.get(i));
            }
            return view;
        }
        return Scalars.narrow(stored, Note.type(note));
    }

    private static Value parsed(Value.Text text, String note) {
        if (note.equals(Note.BYTES)) {
            if (text.byteSize() > JsonReader.MAX_HELD) {
                throw new IllegalArgumentException("too long");
            }
            return Value.text(Base64.getDecoder().decode(text.bytes()));
        }
        if (!note.equals(Note.JSON) && Note.type(note) == Value.Type.STRING) {
            return text;
        }
        TextData data = text.data();
        if (data instanceof ArrayText made) {
            if (made.note().equals(note)) {
                return made.array();
            }
            data = TextData.of(MemorySegment.ofArray(made.bytes()));
        }
        JsonReader reader = new JsonReader(data, 0);
        Value value = reader.value(note);
        reader.finish();
        return value;
    }
}
