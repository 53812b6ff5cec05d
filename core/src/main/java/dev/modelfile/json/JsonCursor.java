package dev.modelfile.json;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.Value;
import dev.modelfile.io.Region;
import dev.modelfile.spi.TextData;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Reads JSON tokens from a region, exactly as strictly as serde_json does: no comments, no coercion, no leading
/// zeros, no control characters in strings, no lone surrogates, no numbers beyond a double.
///
/// Own code because the accept set must equal that of the reference of Safetensors, errors need byte offsets, and a
/// general library would hold the whole text. The text has to be UTF-8: check it with [Utf8] before. A window of bytes
/// on the heap slides over it. Every method throws [MalformedModelException] where the text is no JSON or not what is
/// asked for, and [LimitExceededException] where a string is too long.
public final class JsonCursor {
    private static final int WINDOW = 1 << 16;
    private static final int END = -1;
    /// Copies of a long string that are on the heap at once while it is read.
    private static final int WHILE_READ = 5;

    /// Takes the value of one field of an object.
    public interface Field {
        /// Takes the value.
        ///
        /// @param name what the field is called
        void take(String name) throws ModelFormatException;
    }

    private final Region text;
    private final String rule;
    private final ReadLimits limits;
    private long heapLeft;
    private final byte[] window;
    private long windowStart;
    private int position;
    private int limit;
    private boolean escapes;
    private boolean ascii;

    /// A cursor at the beginning of a text.
    ///
    /// @param rule of the errors
    public JsonCursor(Region text, String rule, ReadLimits limits) {
        this.text = text;
        this.rule = rule;
        this.limits = limits;
        this.heapLeft = limits.maxHeapBytes();
        this.window = new byte[(int) Math.min(WINDOW, text.size())];
    }

    /// Sets how many bytes of heap the strings to come may take.
    public void heapLeft(long bytes) {
        heapLeft = bytes;
    }

    /// Offset of the next byte in the text.
    public long offset() {
        return windowStart + position;
    }

    /// An error about what comes next.
    public MalformedModelException error(String problem) {
        return error(problem, offset());
    }

    /// An error about a place.
    public MalformedModelException error(String problem, long offset) {
        return text.malformed(rule, "", offset, problem);
    }

    /// The next byte without taking it, or -1 at the end.
    private int peekByte() {
        if (position == limit) {
            windowStart += limit;
            position = 0;
            limit = (int) Math.min(window.length, text.size() - windowStart);
            MemorySegment.copy(text.bytes(), ValueLayout.JAVA_BYTE, windowStart, window, 0, limit);
            if (limit == 0) {
                return END;
            }
        }
        return window[position] & 0xFF;
    }

    private int nextByte() {
        int next = peekByte();
        position += next == END ? 0 : 1;
        return next;
    }

    /// Skips white space and returns the next byte without taking it, or -1 at the end.
    public int peek() {
        int next = peekByte();
        while (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
            position++;
            next = peekByte();
        }
        return next;
    }

    /// Takes one structural character.
    public void expect(char wanted, String what) throws MalformedModelException {
        if (peek() != wanted) {
            throw error(what);
        }
        position++;
    }

    /// Takes a structural character if it is the next one.
    public boolean accept(char wanted) {
        if (peek() != wanted) {
            return false;
        }
        position++;
        return true;
    }

    /// Takes an object.
    ///
    /// @param field is called with the name of each field, and takes its value
    public void object(Field field) throws ModelFormatException {
        expect('{', "expected an object");
        if (accept('}')) {
            return;
        }
        do {
            String name = string();
            expect(':', "expected ':'");
            field.take(name);
        } while (more('}'));
    }

    /// After an element: true if a comma announces another one, false if `close` ends the container. A comma must not
    /// stand before the end.
    public boolean more(char close) throws MalformedModelException {
        if (accept(close)) {
            return false;
        }
        expect(',', "expected ',' or '" + close + "'");
        if (peek() == close) {
            throw error("trailing comma");
        }
        return true;
    }

    /// Takes a string.
    public String string() throws ModelFormatException {
        long start = beginString();
        int end = plainEnd();
        if (end < 0) {
            return new String(stored(start, scan(start, true)).bytes(), StandardCharsets.UTF_8);
        }
        String plain = new String(
                window, position, end - position, ascii ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
        position = end + 1;
        return plain;
    }

    /// Takes a string, and leaves it in the file if it is long.
    public Value text() throws ModelFormatException {
        long start = beginString();
        int end = plainEnd();
        if (end < 0) {
            TextData text = stored(start, scan(start, false));
            boolean keep = offset() - 1 - start > TextData.LONG;
            return keep ? Value.text(text) : Value.text(text.bytes());
        }
        Value plain = Value.text(Arrays.copyOfRange(window, position, end));
        position = end + 1;
        return plain;
    }

    private long beginString() throws MalformedModelException {
        if (peek() != '"') {
            throw error("expected a string");
        }
        position++;
        escapes = false;
        return offset();
    }

    /// Where in the window the string that was begun ends, or -1 if it has escapes or leaves the window.
    private int plainEnd() {
        int bits = 0;
        for (int i = position; i < limit; i++) {
            byte b = window[i];
            if (b == '"') {
                ascii = bits >= 0;
                return i;
            }
            if (b == '\\' || (b >= 0 && b < ' ')) {
                return -1;
            }
            bits |= b;
        }
        return -1;
    }

    /// Whether the last string was written with escapes; control characters can be had in no other way.
    public boolean lastStringHadEscapes() {
        return escapes;
    }

    /// The string that ends here.
    private TextData stored(long start, long decodedSize) {
        MemorySegment stored = text.bytes().asSlice(start, offset() - 1 - start);
        return escapes ? new EscapedText(stored, decodedSize) : TextData.of(stored);
    }

    /// Passes over a string, and its closing quote.
    ///
    /// @param held whether it is going to be held on the heap
    /// @return the bytes that it means
    private long scan(long start, boolean held) throws ModelFormatException {
        long size = 0;
        while (true) {
            int next = peekByte();
            int from = position;
            while (position < limit && isPlain(window[position])) {
                position++;
            }
            size += position - from;
            check(size, start, held);
            if (position > from) {
                continue;
            }
            position++;
            switch (next) {
                case END -> {
                    position--;
                    throw error("EOF while parsing a string");
                }
                case '"' -> {
                    return size;
                }
                case '\\' -> {
                    escapes = true;
                    size += Escapes.byteSize(escape());
                }
                default -> throw error("control character found while parsing a string", offset() - 1);
            }
        }
    }

    private static boolean isPlain(byte b) {
        return b != '"' && b != '\\' && (b < 0 || b >= ' ');
    }

    private void check(long length, long start, boolean held) throws LimitExceededException {
        if (length > limits.maxStringBytes()) {
            throw text.limit(
                    "maxStringBytes", "", start, "a string of more than " + limits.maxStringBytes() + " bytes");
        }
        long most = held ? heapLeft / WHILE_READ : Long.MAX_VALUE;
        if (length > most) {
            throw text.limit("maxHeapBytes", "", start, "a string of more than " + most + " bytes");
        }
    }

    private int escape() throws MalformedModelException {
        int codePoint = Escapes.codePoint(this::nextByte);
        return switch (codePoint) {
            case Escapes.UNKNOWN -> throw error("invalid escape", offset() - 1);
            case Escapes.NO_NUMBER -> throw error("invalid escape");
            case Escapes.LONE_SURROGATE -> throw error("lone surrogate in hex escape");
            default -> codePoint;
        };
    }

    /// Takes an integer from 0 to 2^64-1, returned by its bits; nothing else, not even `2.0` or `-0`.
    public long unsigned() throws MalformedModelException {
        int first = peek();
        long start = offset();
        if (first < '0' || first > '9') {
            throw error("expected an unsigned integer");
        }
        long value = 0;
        int digits = 0;
        while (isDigit(peekByte())) {
            int digit = nextByte() - '0';
            if (digits++ > 0 && first == '0') {
                throw error("invalid number", start);
            }
            // 18 digits always fit.
            if (digits > 18 && Long.compareUnsigned(value, Long.divideUnsigned(-1L - digit, 10)) > 0) {
                throw error("an integer beyond 64 bits where an unsigned integer is expected", start);
            }
            value = value * 10 + digit;
        }
        int next = peekByte();
        if (next == '.' || next == 'e' || next == 'E') {
            throw error("a floating point number where an unsigned integer is expected", start);
        }
        return value;
    }

    private static boolean isDigit(int b) {
        return b >= '0' && b <= '9';
    }

    /// Takes one of `true`, `false`, `null`.
    public void literal(String word) throws MalformedModelException {
        peek();
        for (int i = 0; i < word.length(); i++) {
            if (nextByte() != word.charAt(i)) {
                throw error("expected value");
            }
        }
    }

    /// Takes any value and forgets it, without recursion.
    ///
    /// @param depth containers that are open around it
    public void skip(int depth) throws ModelFormatException {
        Nesting nesting = new Nesting(limits.maxDepth());
        do {
            boolean opened = skipToken(nesting, depth);
            while (!opened && nesting.depth() > 0 && !more(nesting.inObject() ? '}' : ']')) {
                nesting.close();
            }
            if (nesting.depth() > 0 && nesting.inObject()) {
                if (peek() != '"') {
                    throw error("key must be a string");
                }
                string();
                expect(':', "expected ':'");
            }
        } while (nesting.depth() > 0);
    }

    /// Takes a scalar, an empty container, or the beginning of a container that has content.
    private boolean skipToken(Nesting nesting, int depth) throws ModelFormatException {
        int next = peek();
        switch (next) {
            case '{', '[' -> {
                if (depth + nesting.depth() >= limits.maxDepth()) {
                    throw error("recursion limit exceeded: more than " + limits.maxDepth() + " levels");
                }
                position++;
                if (accept(next == '{' ? '}' : ']')) {
                    return false;
                }
                nesting.open(next == '{');
                return true;
            }
            case '"' -> string();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> number();
        }
        return false;
    }

    /// Takes a number of JSON's grammar that a double can hold.
    private void number() throws MalformedModelException {
        long start = offset();
        NumberScanner scanner = new NumberScanner();
        while (scanner.take(peekByte())) {
            position++;
        }
        if (!scanner.complete()) {
            throw error(peekByte() == END ? "EOF while parsing a value" : "expected value", start);
        }
        if (!scanner.finite()) {
            throw error("number out of range", start);
        }
    }
}
