package dev.modelfile.safetensors.header;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.io.Region;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// Reads JSON tokens from a header, exactly as strictly as serde_json does: no comments, no coercion, no leading
/// zeros, no control characters in strings, no lone surrogates, no numbers beyond a double.
///
/// Own code because the accept set must equal the reference's, errors need byte offsets, and a general library would
/// hold the whole text. The text is known to be UTF-8. A window of bytes on the heap slides over it.
final class JsonCursor {
    private static final int WINDOW = 1 << 16;
    private static final int END = -1;
    /// Copies of a long string that are on the heap at once while it is read.
    private static final int WHILE_READ = 5;

    private final Region header;
    private final ReadLimits limits;
    private long heapLeft;
    private final byte[] window;
    private long windowStart;
    private int position;
    private int limit;
    private boolean escapes;

    JsonCursor(Region header, ReadLimits limits) {
        this.header = header;
        this.limits = limits;
        this.heapLeft = limits.maxHeapBytes();
        this.window = new byte[(int) Math.min(WINDOW, header.size())];
    }

    /// Sets how many bytes of heap the strings to come may take.
    void heapLeft(long bytes) {
        heapLeft = bytes;
    }

    /// Offset of the next byte in the header.
    long offset() {
        return windowStart + position;
    }

    MalformedModelException error(String problem) {
        return error(problem, offset());
    }

    MalformedModelException error(String problem, long offset) {
        return header.malformed(Rules.INVALID_JSON, "", offset, problem);
    }

    /// The next byte without taking it, or -1 at the end.
    private int peekByte() {
        if (position == limit) {
            windowStart += limit;
            position = 0;
            limit = (int) Math.min(window.length, header.size() - windowStart);
            MemorySegment.copy(header.bytes(), ValueLayout.JAVA_BYTE, windowStart, window, 0, limit);
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
    int peek() {
        int next = peekByte();
        while (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
            position++;
            next = peekByte();
        }
        return next;
    }

    /// Takes one structural character.
    void expect(char wanted, String what) throws MalformedModelException {
        if (peek() != wanted) {
            throw error(what);
        }
        position++;
    }

    /// Takes a structural character if it is the next one.
    boolean accept(char wanted) {
        if (peek() != wanted) {
            return false;
        }
        position++;
        return true;
    }

    /// After an element: true if a comma announces another one, false if `close` ends the container. A comma must not
    /// stand before the end.
    boolean more(char close) throws MalformedModelException {
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
    String string() throws ModelFormatException {
        if (peek() != '"') {
            throw error("expected a string");
        }
        position++;
        escapes = false;
        int start = position;
        int bits = 0;
        for (int i = position; i < limit; i++) {
            byte b = window[i];
            if (b == '"') {
                position = i + 1;
                return new String(
                        window, start, i - start, bits < 0 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
            }
            if (b == '\\' || (b >= 0 && b < ' ')) {
                break;
            }
            bits |= b;
        }
        return longString();
    }

    /// Whether the last string was written with escapes; control characters can be had in no other way.
    boolean lastStringHadEscapes() {
        return escapes;
    }

    /// A string with escapes, or one that crosses the window.
    private String longString() throws ModelFormatException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        long start = offset();
        while (true) {
            int next = nextByte();
            switch (next) {
                case END -> throw error("EOF while parsing a string");
                case '"' -> {
                    return text.toString(StandardCharsets.UTF_8);
                }
                case '\\' -> {
                    escapes = true;
                    escape(text);
                }
                default -> {
                    if (next < ' ') {
                        throw error("control character found while parsing a string", offset() - 1);
                    }
                    text.write(next);
                }
            }
            check(text.size(), start);
        }
    }

    private void check(long length, long start) throws LimitExceededException {
        if (length > limits.maxStringBytes()) {
            throw header.limit(
                    "maxStringBytes", "", start, "a string of more than " + limits.maxStringBytes() + " bytes");
        }
        if (length * WHILE_READ > heapLeft) {
            throw header.limit("maxHeapBytes", "", start, "a string of more than " + heapLeft / WHILE_READ + " bytes");
        }
    }

    private void escape(ByteArrayOutputStream text) throws MalformedModelException {
        int kind = nextByte();
        switch (kind) {
            case '"', '\\', '/' -> text.write(kind);
            case 'b' -> text.write('\b');
            case 'f' -> text.write('\f');
            case 'n' -> text.write('\n');
            case 'r' -> text.write('\r');
            case 't' -> text.write('\t');
            case 'u' -> text.writeBytes(Character.toString(codePoint()).getBytes(StandardCharsets.UTF_8));
            default -> throw error("invalid escape", offset() - 1);
        }
    }

    private int codePoint() throws MalformedModelException {
        char first = hex4();
        if (!Character.isSurrogate(first)) {
            return first;
        }
        if (Character.isLowSurrogate(first) || nextByte() != '\\' || nextByte() != 'u') {
            throw error("lone surrogate in hex escape");
        }
        char second = hex4();
        if (!Character.isLowSurrogate(second)) {
            throw error("lone surrogate in hex escape");
        }
        return Character.toCodePoint(first, second);
    }

    private char hex4() throws MalformedModelException {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = nextByte();
            int number = digit == END || digit > 0x7F ? -1 : Character.digit(digit, 16);
            if (number < 0) {
                throw error("invalid escape");
            }
            value = value << 4 | number;
        }
        return (char) value;
    }

    /// Takes an integer from 0 to 2^64-1, returned by its bits; nothing else, not even `2.0` or `-0`.
    long unsigned() throws MalformedModelException {
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
    void literal(String word) throws MalformedModelException {
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
    void skip(int depth) throws ModelFormatException {
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
