package dev.modelfile.checkpoint.pickle;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Python's ways to write text as bytes.
final class PythonText {
    private PythonText() {}

    /// UTF-8 with surrogates passed through, as Python's `surrogatepass`; bytes that are neither become U+FFFD.
    static String utf8(byte[] bytes, int from, int length) {
        String text = new String(bytes, from, length, StandardCharsets.UTF_8);
        return text.indexOf('\uFFFD') < 0 ? text : lenient(bytes, from, length);
    }

    /// Whether bytes are UTF-8 in which surrogates are allowed.
    static boolean isUtf8(byte[] bytes, int from, int length) {
        for (int at = from; at < from + length; ) {
            int size = sequence(bytes, at, from + length);
            if (size == 0) {
                return false;
            }
            at += size;
        }
        return true;
    }

    private static String lenient(byte[] bytes, int from, int length) {
        StringBuilder text = new StringBuilder(length);
        int end = from + length;
        for (int at = from; at < end; ) {
            int size = sequence(bytes, at, end);
            text.appendCodePoint(size == 0 ? 0xFFFD : codePoint(bytes, at, size));
            at += Math.max(1, size);
        }
        return text.toString();
    }

    /// The length of the sequence that begins here, 0 if there is none.
    private static int sequence(byte[] bytes, int at, int end) {
        int first = bytes[at] & 0xFF;
        int size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
        if (size > end - at) {
            return 0;
        }
        for (int i = 1; i < size; i++) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        int least = size == 3 ? 0x800 : size == 4 ? 0x10000 : 0;
        int code = size == 0 ? 0 : codePoint(bytes, at, size);
        return code < least || code > Character.MAX_CODE_POINT ? 0 : size;
    }

    private static int codePoint(byte[] bytes, int at, int size) {
        int first = bytes[at] & 0xFF;
        int code = size == 1 ? first : first & (0x7F >> size);
        for (int i = 1; i < size; i++) {
            code = code << 6 | bytes[at + i] & 0x3F;
        }
        return code;
    }

    /// `raw-unicode-escape`: Latin-1 with `\\uXXXX` and `\\UXXXXXXXX`; null if an escape is broken.
    static @Nullable String rawUnicodeEscape(byte[] line) {
        String raw = new String(line, StandardCharsets.ISO_8859_1);
        if (raw.indexOf('\\') < 0) {
            return raw;
        }
        StringBuilder text = new StringBuilder(raw.length());
        for (int at = 0; at < raw.length(); ) {
            char c = raw.charAt(at);
            char next = at + 1 < raw.length() ? raw.charAt(at + 1) : 0;
            int digits = c != '\\' ? 0 : next == 'u' ? 4 : next == 'U' ? 8 : 0;
            if (digits == 0) {
                // A backslash before a backslash does not begin an escape.
                int step = c == '\\' && next == '\\' ? 2 : 1;
                text.append(raw, at, at + step);
                at += step;
                continue;
            }
            int code = hex(raw, at + 2, digits);
            if (code < 0 || code > Character.MAX_CODE_POINT) {
                return null;
            }
            text.appendCodePoint(code);
            at += 2 + digits;
        }
        return text.toString();
    }

    /// The content of a quoted string with Python's escapes, one char for each byte; null if it is no such literal.
    static @Nullable String quoted(byte[] line) {
        String raw = new String(line, StandardCharsets.ISO_8859_1);
        int last = raw.length() - 1;
        char quote = raw.isEmpty() ? 0 : raw.charAt(0);
        if (last < 1 || (quote != '\'' && quote != '"') || raw.charAt(last) != quote) {
            return null;
        }
        StringBuilder text = new StringBuilder(raw.length());
        for (int at = 1; at < last; ) {
            char c = raw.charAt(at);
            if (c != '\\') {
                text.append(c);
                at++;
            } else {
                int used = escape(raw, at + 1, last, text);
                if (used == 0) {
                    return null;
                }
                at += 1 + used;
            }
        }
        return text.toString();
    }

    /// Decodes what follows a backslash; returns the characters used, 0 if the escape is broken.
    private static int escape(String raw, int at, int end, StringBuilder text) {
        if (at >= end) {
            return 0;
        }
        char c = raw.charAt(at);
        int simple = "abtnvfr\\'\"".indexOf(c);
        if (simple >= 0) {
            text.append("\u0007\b\t\n\u000b\f\r\\'\"".charAt(simple));
            return 1;
        }
        if (c == 'x') {
            int code = at + 2 < end ? hex(raw, at + 1, 2) : -1;
            text.append((char) Math.max(0, code));
            return code < 0 ? 0 : 3;
        }
        int code = 0;
        int used = 0;
        while (used < 3 && at + used < end && raw.charAt(at + used) >= '0' && raw.charAt(at + used) <= '7') {
            code = code * 8 + raw.charAt(at + used++) - '0';
        }
        if (used > 0) {
            text.append((char) (code & 0xFF));
            return used;
        }
        text.append('\\').append(c);
        return 1;
    }

    private static int hex(String raw, int at, int digits) {
        if (at + digits > raw.length()) {
            return -1;
        }
        int code = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(raw.charAt(at + i), 16);
            if (digit < 0 || raw.charAt(at + i) > 'f' || code >>> 28 != 0) {
                return -1;
            }
            code = code << 4 | digit;
        }
        return code;
    }
}
