package dev.modelfile;

import dev.modelfile.spi.TextData;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;

/// One metadata value that remembers the type it has in its file: an unsigned 32-bit number stays one.
public sealed interface Value {

    /// The types that metadata values have on disk.
    enum Type {
        /// Unsigned 8-bit integer.
        U8,
        /// Signed 8-bit integer.
        I8,
        /// Unsigned 16-bit integer.
        U16,
        /// Signed 16-bit integer.
        I16,
        /// Unsigned 32-bit integer.
        U32,
        /// Signed 32-bit integer.
        I32,
        /// Unsigned 64-bit integer.
        U64,
        /// Signed 64-bit integer.
        I64,
        /// Single precision float.
        F32,
        /// Double precision float.
        F64,
        /// Truth value.
        BOOL,
        /// Text, kept as the bytes of the file.
        STRING,
        /// Sequence of values.
        ARRAY,
        /// Values by name.
        TABLE,
        /// Nothing, such as JSON's null.
        NONE,
        /// Something that this library does not know.
        OPAQUE
    }

    /// The type on disk.
    Type type();

    /// An integer.
    ///
    /// @param type one of the eight integer types
    /// @param bits the value; for [Type#U64] its two's complement bits
    record Int(Type type, long bits) implements Value {
        /// @throws IllegalArgumentException if `type` is no integer type, or the value does not fit it
        public Int {
            if (!fits(type, bits)) {
                throw new IllegalArgumentException(bits + " does not fit " + type);
            }
        }

        private static boolean fits(Type type, long bits) {
            return switch (type) {
                case U8 -> bits == (bits & 0xFF);
                case I8 -> bits == (byte) bits;
                case U16 -> bits == (bits & 0xFFFF);
                case I16 -> bits == (short) bits;
                case U32 -> bits == (bits & 0xFFFF_FFFFL);
                case I32 -> bits == (int) bits;
                case U64, I64 -> true;
                default -> throw new IllegalArgumentException(type + " is not an integer type");
            };
        }

        @Override
        public String toString() {
            return type == Type.U64 ? Long.toUnsignedString(bits) : Long.toString(bits);
        }
    }

    /// A floating point number.
    ///
    /// @param type [Type#F32] or [Type#F64]
    /// @param value the number; an F32 is widened exactly
    record Real(Type type, double value) implements Value {
        /// @throws IllegalArgumentException if `type` is no floating point type
        public Real {
            if (type != Type.F32 && type != Type.F64) {
                throw new IllegalArgumentException(type + " is not a floating point type");
            }
        }

        @Override
        public String toString() {
            return type == Type.F32 ? Float.toString((float) value) : Double.toString(value);
        }
    }

    /// A truth value.
    ///
    /// @param value the value
    record Bool(boolean value) implements Value {
        @Override
        public Type type() {
            return Type.BOOL;
        }

        @Override
        public String toString() {
            return Boolean.toString(value);
        }
    }

    /// Text, kept as the bytes that the file holds; they may be invalid UTF-8. A text of many kilobytes stays in the
    /// file, and is there until the model is closed.
    final class Text implements Value {
        private final TextData data;

        private Text(TextData data) {
            this.data = data;
        }

        @Override
        public Type type() {
            return Type.STRING;
        }

        /// A copy of the bytes.
        public byte[] bytes() {
            return data.bytes();
        }

        /// The number of bytes.
        public long byteSize() {
            return data.byteSize();
        }

        /// Where the bytes come from; reads a long text without holding it.
        public TextData data() {
            return data;
        }

        /// Whether the bytes are UTF-8.
        public boolean isUtf8() {
            return data.isUtf8();
        }

        /// The text, decoded strictly.
        ///
        /// @throws CharacterCodingException if the bytes are not UTF-8
        public String strict() throws CharacterCodingException {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes()))
                    .toString();
        }

        /// The text; bytes that are not UTF-8 show as U+FFFD.
        @Override
        public String toString() {
            return new String(bytes(), StandardCharsets.UTF_8);
        }

        /// Whether the bytes are equal, wherever they are.
        @Override
        public boolean equals(Object other) {
            return other instanceof Text text && Texts.equal(data, text.data);
        }

        @Override
        public int hashCode() {
            return Texts.hash(data);
        }
    }

    /// A sequence of values of one type. Formats implement it over the file's bytes, so that a long array costs no
    /// objects until elements are asked for, and is there until the model is closed. [Metadata#equals] compares arrays
    /// element by element, whoever holds them.
    non-sealed interface Array extends Value {
        /// The type of all elements; [Type#OPAQUE] for a sequence of mixed types.
        Type elementType();

        /// The number of elements.
        long size();

        /// One element.
        ///
        /// @throws IndexOutOfBoundsException if there is no such element
        Value get(long index);

        @Override
        default Type type() {
            return Type.ARRAY;
        }
    }

    /// Values by name, in the order of the file.
    ///
    /// @param entries the values; an immutable copy is kept
    record Table(SequencedMap<String, Value> entries) implements Value {
        /// @throws NullPointerException if the map is null
        public Table {
            entries = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(entries));
        }

        @Override
        public Type type() {
            return Type.TABLE;
        }

        @Override
        public String toString() {
            return entries.toString();
        }
    }

    /// Nothing, such as JSON's null or Python's None.
    record None() implements Value {
        @Override
        public Type type() {
            return Type.NONE;
        }

        @Override
        public String toString() {
            return "none";
        }
    }

    /// Something that a file holds and this library does not know, kept as text or by its type alone.
    ///
    /// @param typeName what the file calls the type
    /// @param text a printable form
    record Opaque(String typeName, String text) implements Value {
        /// @throws NullPointerException if a component is null
        public Opaque {
            Objects.requireNonNull(typeName, "typeName");
            Objects.requireNonNull(text, "text");
        }

        @Override
        public Type type() {
            return Type.OPAQUE;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /// Text.
    ///
    /// @throws IllegalArgumentException if it has a lone surrogate, which UTF-8 cannot hold
    static Value of(String text) {
        try {
            ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return new Text(new Texts.Held(Arrays.copyOf(utf8.array(), utf8.limit())));
        } catch (CharacterCodingException lone) {
            throw new IllegalArgumentException("text with a lone surrogate cannot be stored as UTF-8", lone);
        }
    }

    /// Text from bytes that may be invalid UTF-8; they are copied.
    static Value text(byte[] utf8) {
        return new Text(new Texts.Held(utf8.clone()));
    }

    /// Text that stays where it is; for formats.
    static Value text(TextData data) {
        return new Text(data);
    }

    /// A truth value.
    static Value of(boolean value) {
        return new Bool(value);
    }

    /// A signed 64-bit integer.
    static Value of(long value) {
        return new Int(Type.I64, value);
    }

    /// A double precision number.
    static Value of(double value) {
        return new Real(Type.F64, value);
    }

    /// A single precision number.
    static Value f32(float value) {
        return new Real(Type.F32, value);
    }

    /// An unsigned 32-bit integer.
    ///
    /// @throws IllegalArgumentException if the value does not fit
    static Value u32(long value) {
        return new Int(Type.U32, value);
    }

    /// An unsigned 64-bit integer, given by its two's complement bits.
    static Value u64(long bits) {
        return new Int(Type.U64, bits);
    }

    /// An array of the values given. Its element type is that of all values, or [Type#OPAQUE] if they differ.
    static Array array(List<? extends Value> values) {
        List<Value> copy = new ArrayList<>(values);
        Type common = copy.isEmpty() ? Type.NONE : copy.get(0).type();
        for (Value value : copy) {
            common = value.type() == common ? common : Type.OPAQUE;
        }
        return new Values.ListArray(common, List.copyOf(copy));
    }

    /// An array of strings.
    ///
    /// @throws IllegalArgumentException if one has a lone surrogate
    static Array strings(List<String> texts) {
        return new Values.ListArray(Type.STRING, texts.stream().map(Value::of).toList());
    }
}
