package dev.modelfile.json;

import java.util.function.IntSupplier;

/// What stands behind a backslash in a JSON string.
public final class Escapes {
    /// There is no such escape.
    public static final int UNKNOWN = -1;
    /// The digits are none.
    public static final int NO_NUMBER = -2;
    /// A surrogate without its other half.
    public static final int LONE_SURROGATE = -3;

    private Escapes() {}

    /// The code point of an escape, or one of the negative constants.
    ///
    /// @param next gives the bytes behind the backslash, -1 at the end
    public static int codePoint(IntSupplier next) {
        int kind = next.getAsInt();
        return switch (kind) {
            case '"', '\\', '/' -> kind;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode(next);
            default -> UNKNOWN;
        };
    }

    private static int unicode(IntSupplier next) {
        int first = unit(next);
        if (first < 0 || !Character.isSurrogate((char) first)) {
            return first;
        }
        if (Character.isLowSurrogate((char) first) || next.getAsInt() != '\\' || next.getAsInt() != 'u') {
            return LONE_SURROGATE;
        }
        int second = unit(next);
        if (second < 0) {
            return second;
        }
        return Character.isLowSurrogate((char) second)
                ? Character.toCodePoint((char) first, (char) second)
                : LONE_SURROGATE;
    }

    private static int unit(IntSupplier next) {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = next.getAsInt();
            int number = digit < 0 || digit > 0x7F ? -1 : Character.digit(digit, 16);
            if (number < 0) {
                return NO_NUMBER;
            }
            value = value << 4 | number;
        }
        return value;
    }

    /// How many bytes a code point has in UTF-8.
    static int byteSize(int codePoint) {
        return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }

    /// The bytes of a code point in UTF-8, the first one lowest.
    static int utf8(int codePoint) {
        int rest = codePoint & 0x3F | 0x80;
        return switch (byteSize(codePoint)) {
            case 1 -> codePoint;
            case 2 -> 0xC0 | codePoint >> 6 | rest << 8;
            case 3 -> 0xE0 | codePoint >> 12 | (codePoint >> 6 & 0x3F | 0x80) << 8 | rest << 16;
            default ->
                0xF0
                        | codePoint >> 18
                        | (codePoint >> 12 & 0x3F | 0x80) << 8
                        | (codePoint >> 6 & 0x3F | 0x80) << 16
                        | rest << 24;
        };
    }
}
