package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import dev.modelfile.json.Escapes;
import dev.modelfile.spi.Landmarks;
import dev.modelfile.spi.TextData;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;

/// Reads what [JsonText] writes, from a place in a text on. Long arrays are read an element at a time.
final class JsonReader {
    /// They become objects, and a file must not ask for many times its size.
    private static final int MAX_PLAIN_VALUES = 1 << 20;
    /// The bytes of texts that are held at once; they are copied a few times on the way.
    static final long MAX_HELD = Math.max(1 << 22, Runtime.getRuntime().maxMemory() / 32);
    /// A number with all its digits.
    private static final int MAX_WORD = 1 << 10;

    private final TextData text;
    private final TextData.Input input;
    /// The byte that is looked at, and where it begins.
    private int next;

    private long at;
    private int plainValues;
    private long held;

    JsonReader(TextData text, long position) {
        this.text = text;
        this.input = text.open(position);
        advance();
    }

    private static IllegalArgumentException bad(String what) {
        return new IllegalArgumentException(what);
    }

    private void advance() {
        at = input.position();
        next = input.read();
    }

    /// Takes the byte that is looked at, -1 at the end.
    private int take() {
        int taken = next;
        advance();
        return taken;
    }

    /// The next byte behind white space, -1 at the end.
    private int peek() {
        while (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
            advance();
        }
        return next;
    }

    private boolean take(char c) {
        if (peek() != c) {
            return false;
        }
        advance();
        return true;
    }

    void expect(char c) {
        if (!take(c)) {
            throw bad("no " + c);
        }
    }

    /// @throws IllegalArgumentException if anything follows
    void finish() {
        if (peek() != -1) {
            throw bad("more behind the end");
        }
    }

    /// A value whose type is noted.
    Value value(String note) {
        if (note.equals(Note.JSON)) {
            return plain(0);
        }
        return switch (Note.type(note)) {
            case ARRAY -> array(Note.element(note));
            case STRING ->
                Value.text(note.equals(Note.BYTES) ? Base64.getDecoder().decode(string()) : string());
            default -> Scalars.parse(word(), Note.type(note));
        };
    }

    private Value array(String element) {
        Landmarks<Value> places = new Landmarks<>();
        expect('[');
        boolean more = !take(']');
        while (more) {
            peek();
            places.add(at);
            long before = held;
            value(element);
            held = before;
            more = take(',');
            if (!more) {
                expect(']');
            }
        }
        return new TextArray(text, places, element, Note.type(element));
    }

    private Value plain(int depth) {
        if (depth > Note.MAX_DEPTH || ++plainValues > MAX_PLAIN_VALUES) {
            throw bad("nested too deeply, or too many values");
        }
        return switch (peek()) {
            case '"' -> Value.text(string());
            case '[' -> plainArray(depth);
            case '{' -> table(depth);
            default -> Scalars.plain(word());
        };
    }

    private Value plainArray(int depth) {
        Landmarks<Value> places = new Landmarks<>();
        Value.Type common = Value.Type.NONE;
        // The elements are read again when they are asked for, so only one of them is there at a time.
        int values = plainValues;
        long before = held;
        expect('[');
        boolean more = !take(']');
        while (more) {
            peek();
            places.add(at);
            Value.Type type = plain(depth + 1).type();
            plainValues = values;
            held = before;
            common = places.size() == 1 || type == common ? type : Value.Type.OPAQUE;
            more = take(',');
            if (!more) {
                expect(']');
            }
        }
        return new TextArray(text, places, Note.JSON, common);
    }

    private Value.Table table(int depth) {
        LinkedHashMap<String, Value> entries = new LinkedHashMap<>();
        expect('{');
        boolean more = !take('}');
        while (more) {
            String key = new String(string(), StandardCharsets.UTF_8);
            expect(':');
            if (entries.put(key, plain(depth + 1)) != null) {
                throw bad("a key twice");
            }
            more = take(',');
            if (!more) {
                expect('}');
            }
        }
        return new Value.Table(entries);
    }

    private String word() {
        StringBuilder word = new StringBuilder();
        for (int c = peek(); c > 0 && c < 0x80 && (Character.isLetterOrDigit(c) || "+-.".indexOf(c) >= 0); c = next) {
            if (word.length() == MAX_WORD) {
                throw bad("a word too long");
            }
            word.append((char) c);
            advance();
        }
        return word.toString();
    }

    private byte[] string() {
        expect('"');
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int c = take(); c != '"'; c = take()) {
            if (c < 0 || content.size() > MAX_HELD - held) {
                throw bad("no end of a string, or too long a one");
            }
            if (c == '\\') {
                content.writeBytes(Character.toString(escape()).getBytes(StandardCharsets.UTF_8));
            } else {
                content.write(c);
            }
        }
        held += content.size();
        return content.toByteArray();
    }

    private int escape() {
        int codePoint = Escapes.codePoint(this::take);
        if (codePoint < 0) {
            throw bad("an escape that JSON has not");
        }
        return codePoint;
    }
}
