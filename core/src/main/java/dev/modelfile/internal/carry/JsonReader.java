package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;

/// Reads what [JsonText] writes, from a range of bytes. The core knows no JSON library, and long arrays are to be read
/// an element at a time.
final class JsonReader {
    /// They become objects, and a file must not ask for many times its size.
    private static final int MAX_PLAIN_VALUES = 1 << 20;

    private final byte[] bytes;
    private final int end;
    private int at;
    private int plainValues;

    JsonReader(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.at = start;
        this.end = end;
    }

    private static IllegalArgumentException bad(String what) {
        return new IllegalArgumentException(what);
    }

    /// The next byte behind white space, -1 at the end.
    int peek() {
        while (at < end && (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t')) {
            at++;
        }
        return at < end ? bytes[at] : -1;
    }

    boolean take(char c) {
        if (peek() != c) {
            return false;
        }
        at++;
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
        int count = 0;
        int[] starts = new int[4];
        expect('[');
        boolean more = !take(']');
        while (more) {
            if (count % TextArray.STRIDE == 0) {
                peek();
                int next = count / TextArray.STRIDE;
                starts = next < starts.length ? starts : Arrays.copyOf(starts, next * 2);
                starts[next] = at;
            }
            count++;
            value(element);
            more = take(',');
            if (!more) {
                expect(']');
            }
        }
        return new TextArray(bytes, starts, count, element);
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
        List<Value> values = new ArrayList<>();
        expect('[');
        boolean more = !take(']');
        while (more) {
            values.add(plain(depth + 1));
            more = take(',');
            if (!more) {
                expect(']');
            }
        }
        return Value.array(values);
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
        peek();
        int start = at;
        while (at < end && (Character.isLetterOrDigit(bytes[at]) || "+-.".indexOf(bytes[at]) >= 0)) {
            at++;
        }
        return new String(bytes, start, at - start, StandardCharsets.US_ASCII);
    }

    private byte[] string() {
        expect('"');
        int start = at;
        while (at < end && bytes[at] != '"' && bytes[at] != '\\') {
            at++;
        }
        if (at < end && bytes[at] == '"') {
            return Arrays.copyOfRange(bytes, start, at++);
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.write(bytes, start, at - start);
        while (at < end && bytes[at] != '"') {
            if (bytes[at] == '\\') {
                at++;
                escape(text);
            } else {
                text.write(bytes[at++]);
            }
        }
        expect('"');
        return text.toByteArray();
    }

    private void escape(ByteArrayOutputStream text) {
        int c = at < end ? bytes[at++] : -1;
        switch (c) {
            case '"', '\\', '/' -> text.write(c);
            case 'n' -> text.write('\n');
            case 'r' -> text.write('\r');
            case 't' -> text.write('\t');
            case 'b' -> text.write('\b');
            case 'f' -> text.write('\f');
            case 'u' -> text.writeBytes(unicode().getBytes(StandardCharsets.UTF_8));
            default -> throw bad("an escape that JSON has not");
        }
    }

    private String unicode() {
        char unit = unit();
        if (!Character.isSurrogate(unit)) {
            return String.valueOf(unit);
        }
        if (end - at < 2 || bytes[at] != '\\' || bytes[at + 1] != 'u') {
            throw bad("half a surrogate pair");
        }
        at += 2;
        char low = unit();
        if (!Character.isSurrogatePair(unit, low)) {
            throw bad("half a surrogate pair");
        }
        return new String(new char[] {unit, low});
    }

    private char unit() {
        if (end - at < 4) {
            throw bad("an escape that is cut short");
        }
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(bytes[at++], 16);
            if (digit < 0) {
                throw bad("an escape that is no number");
            }
            value = value << 4 | digit;
        }
        return (char) value;
    }
}
