package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/// Writes values as JSON in UTF-8. As in Python, numbers may be `NaN`, `Infinity` and `-Infinity`.
final class JsonText {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    JsonText() {}

    int length() {
        return out.size();
    }

    byte[] toByteArray() {
        return out.toByteArray();
    }

    /// The text of a value: that of JSON, but for text itself, which has no quotes around it.
    ///
    /// @param note its type, see [Note]
    static byte[] of(Value value, String note) {
        if (value instanceof Value.Text text) {
            return note.equals(Note.BYTES) ? Base64.getEncoder().encode(text.bytes()) : text.bytes();
        }
        JsonText json = new JsonText();
        json.value(value, note);
        return json.toByteArray();
    }

    void value(Value value, String note) {
        switch (value) {
            case Value.None none -> ascii("null");
            case Value.Text text
            when note.equals(Note.BYTES) -> quoted(Base64.getEncoder().encode(text.bytes()));
            case Value.Text text -> quoted(text.bytes());
            case Value.Array array -> array(array, note);
            case Value.Table table -> table(table);
            case Value.Int number -> ascii(number.toString());
            case Value.Real real -> ascii(real.toString());
            case Value.Bool bool -> ascii(bool.toString());
            case Value.Opaque opaque -> throw new IllegalArgumentException(opaque.typeName() + " has no text form");
        }
    }

    private void array(Value.Array array, String note) {
        String element = note.equals(Note.JSON) ? note : Note.element(note);
        out.write('[');
        for (long i = 0; i < array.size(); i++) {
            if (i > 0) {
                ascii(", ");
            }
            value(array.get(i), element);
        }
        out.write(']');
    }

    private void table(Value.Table table) {
        out.write('{');
        String separator = "";
        for (Map.Entry<String, Value> entry : table.entries().entrySet()) {
            ascii(separator);
            quoted(entry.getKey().getBytes(StandardCharsets.UTF_8));
            ascii(": ");
            value(entry.getValue(), Note.JSON);
            separator = ", ";
        }
        out.write('}');
    }

    private void quoted(byte[] utf8) {
        out.write('"');
        for (byte b : utf8) {
            switch (b) {
                case '"', '\\' -> {
                    out.write('\\');
                    out.write(b);
                }
                case '\n' -> ascii("\\n");
                case '\r' -> ascii("\\r");
                case '\t' -> ascii("\\t");
                default -> {
                    if (b >= 0 && b < ' ') {
                        ascii("\\u00" + Character.forDigit(b >> 4, 16) + Character.forDigit(b & 15, 16));
                    } else {
                        out.write(b);
                    }
                }
            }
        }
        out.write('"');
    }

    void ascii(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }
}
