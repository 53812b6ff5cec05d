package dev.modelfile.cli.json;

import dev.modelfile.cli.terminal.Printable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.SerializableString;
import tools.jackson.core.io.CharacterEscapes;
import tools.jackson.core.io.SerializedString;
import tools.jackson.core.json.JsonFactory;

/// Writes one JSON document as it comes, on one line, in UTF-8. Characters that could harm a terminal are escaped.
public final class Json implements AutoCloseable {
    /// The version that every document begins with. A number changes when a key changes its meaning or goes.
    private static final int SCHEMA_VERSION = 1;

    private static final JsonFactory FACTORY =
            JsonFactory.builder().characterEscapes(new SafeEscapes()).build();

    private final OutputStream out;
    private final JsonGenerator generator;

    /// Begins a document.
    ///
    /// @param out is flushed at the end, not closed
    public Json(OutputStream out) {
        this.out = out;
        this.generator = FACTORY.createGenerator(
                ObjectWriteContext.empty(),
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        out.write(b);
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        out.write(bytes, offset, length);
                    }
                },
                JsonEncoding.UTF8);
        generator.writeStartObject();
    }

    /// Begins a document of ours, which says its version first.
    public static Json versioned(OutputStream out) {
        return new Json(out).put("schemaVersion", SCHEMA_VERSION);
    }

    /// Begins an object in an array.
    public Json object() {
        generator.writeStartObject();
        return this;
    }

    /// Begins an object under a key.
    public Json object(String key) {
        generator.writeObjectPropertyStart(key);
        return this;
    }

    /// Begins an array in an array.
    public Json array() {
        generator.writeStartArray();
        return this;
    }

    /// Begins an array under a key.
    public Json array(String key) {
        generator.writeArrayPropertyStart(key);
        return this;
    }

    /// Ends the object or array that was begun last.
    public Json end() {
        if (generator.streamWriteContext().inArray()) {
            generator.writeEndArray();
        } else {
            generator.writeEndObject();
        }
        return this;
    }

    /// A key, whose value comes next.
    public Json key(String key) {
        generator.writeName(key);
        return this;
    }

    /// A text or null under a key.
    public Json put(String key, @Nullable String text) {
        generator.writeName(key);
        return text == null ? addNull() : add(text);
    }

    /// An integer under a key.
    public Json put(String key, long number) {
        generator.writeNumberProperty(key, number);
        return this;
    }

    /// A number under a key.
    public Json put(String key, double number) {
        generator.writeName(key);
        return add(number);
    }

    /// A truth value under a key.
    public Json put(String key, boolean value) {
        generator.writeBooleanProperty(key, value);
        return this;
    }

    /// Null under a key.
    public Json putNull(String key) {
        generator.writeNullProperty(key);
        return this;
    }

    /// A text.
    public Json add(String text) {
        generator.writeString(text);
        return this;
    }

    /// An integer.
    public Json add(long number) {
        generator.writeNumber(number);
        return this;
    }

    /// An unsigned integer.
    public Json addUnsigned(long bits) {
        generator.writeNumber(new BigInteger(Long.toUnsignedString(bits)));
        return this;
    }

    /// A number; NaN and the infinities become the strings `NaN`, `Infinity` and `-Infinity`.
    public Json add(double number) {
        generator.writeNumber(number);
        return this;
    }

    /// A number printed as short as single precision allows.
    public Json add(float number) {
        generator.writeNumber(number);
        return this;
    }

    /// A truth value.
    public Json add(boolean value) {
        generator.writeBoolean(value);
        return this;
    }

    /// Null.
    public Json addNull() {
        generator.writeNull();
        return this;
    }

    /// Ends the document, if it is complete, with a line break.
    @Override
    public void close() {
        generator.writeEndObject();
        generator.writeRaw('\n');
        generator.close();
        try {
            out.flush();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /// JSON's own escapes, and one for whatever is not safe to show.
    private static final class SafeEscapes extends CharacterEscapes {
        private static final long serialVersionUID = 1L;

        @Override
        public int[] getEscapeCodesForAscii() {
            int[] codes = standardAsciiEscapesForJSON();
            codes[0x7F] = ESCAPE_STANDARD;
            return codes;
        }

        @Override
        public @Nullable SerializableString getEscapeSequence(int unit) {
            return Printable.isUnsafe(unit) && !Character.isSurrogate((char) unit)
                    ? new SerializedString(String.format("\\u%04x", unit))
                    : null;
        }
    }
}
