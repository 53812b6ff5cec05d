package dev.modelfile.checkpoint.scan;

import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.TextNode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// Strings and bytes that hold a pickle of their own, an archive or an array, plainly, in base64 or in hexadecimal.
final class Literals {
    private static final int LONGEST = 16 << 20;
    private static final int HEAD = 6;
    private static final int SHORT_BINUNICODE = 0x8C;
    /// What UTF-8 puts before the bytes from 0x80 on.
    private static final byte LATIN = (byte) 0xC2;
    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private Literals() {}

    /// Whether a literal could hide something, by how it begins.
    static boolean mayBePickle(PickleValue literal) {
        MemorySegment bytes = bytes(literal);
        if (bytes == null || bytes.byteSize() < 2) {
            return false;
        }
        byte[] head = head(bytes);
        int first = head[0] & 0xFF;
        int second = head[1] & 0xFF;
        return isPlain(head) && (!isLetter(first) || hasLines(bytes))
                || ((isBase64(first, second) || isHex(first, second))
                        && (bytes.byteSize() > LONGEST || hidden(literal) != null));
    }

    /// Whether a literal that may be a pickle is too long to be decoded.
    static boolean isTooLong(PickleValue literal) {
        MemorySegment bytes = bytes(literal);
        return bytes != null && bytes.byteSize() > LONGEST && !isItself(head(bytes));
    }

    private static byte[] head(MemorySegment bytes) {
        return bytes.asSlice(0, Math.min(HEAD, bytes.byteSize())).toArray(ValueLayout.JAVA_BYTE);
    }

    /// Whether what is hidden stands there as it is.
    private static boolean isItself(byte[] head) {
        return isPlain(head) && head[0] != LATIN;
    }

    private static @Nullable MemorySegment bytes(PickleValue literal) {
        return switch (literal) {
            case PickleValue.Bytes bytes -> bytes.bytes();
            case TextNode text when text.bytes() instanceof MemorySegment bytes -> bytes;
            case PickleValue.Text text -> MemorySegment.ofArray(text.value().getBytes(StandardCharsets.ISO_8859_1));
            default -> null;
        };
    }

    /// GLOBAL and INST are letters, and want two lines.
    private static boolean isLetter(int first) {
        return first == 'c' || first == 'i';
    }

    private static boolean hasLines(MemorySegment bytes) {
        int feeds = 0;
        for (long i = 0; i < bytes.byteSize() && feeds < 2; i++) {
            feeds += bytes.get(ValueLayout.JAVA_BYTE, i) == '\n' ? 1 : 0;
        }
        return feeds == 2;
    }

    /// Whether two first characters could begin something hidden.
    static boolean mayBegin(int first, int second) {
        return isPlain(first, second) || isBase64(first, second) || isHex(first, second);
    }

    /// Pickles; then zip, gzip, zlib and NumPy.
    private static boolean isPlain(int first, int second) {
        return switch (first) {
            case 0x80 -> second <= 5;
            case 0xC2 -> second == 0x80;
            case 'c', 'i', '(' -> second > ' ' && second < 0x7F;
            case SHORT_BINUNICODE -> second > 0 && second <= 100;
            case 'P' -> second == 'K';
            case 0x1F -> second == 0x8B;
            case 'x' -> second == 0x01 || second == 0x5E || second == 0x9C || second == 0xDA;
            case 0x93 -> second == 'N';
            default -> false;
        };
    }

    private static boolean isPlain(byte[] head) {
        if (head.length < 2 || !isPlain(head[0] & 0xFF, head[1] & 0xFF)) {
            return false;
        }
        int third = head.length > 2 ? head[2] : 0;
        return switch (head[0] & 0xFF) {
            case 'P' -> third == 3 || third == 5;
            case 0x1F -> third == 8;
            case 0x93 -> third == 'U';
            case SHORT_BINUNICODE -> Character.isLetter(third) || third == '_';
            default -> true;
        };
    }

    /// Whether these are digits of such a first byte, with half of the second one.
    private static boolean isBase64(int first, int second) {
        int high = first < 0x80 ? DIGITS.indexOf(first) : -1;
        int low = second < 0x80 ? DIGITS.indexOf(second) : -1;
        if (high < 0 || low < 0) {
            return false;
        }
        int begin = high << 2 | low >> 4;
        for (int rest = 0; rest < 16; rest++) {
            if (isPlain(begin, (low & 15) << 4 | rest)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isHex(int first, int second) {
        if (!HexFormat.isHexDigit(first) || !HexFormat.isHexDigit(second)) {
            return false;
        }
        int begin = HexFormat.fromHexDigit(first) << 4 | HexFormat.fromHexDigit(second);
        return "\u0080ci(\u008cP\u001fx\u0093".indexOf(begin) >= 0;
    }

    /// The bytes that a literal may hide, or null.
    static @Nullable MemorySegment hidden(PickleValue literal) {
        MemorySegment segment = bytes(literal);
        if (segment == null || segment.byteSize() < 2 || isTooLong(literal)) {
            return null;
        }
        if (isItself(head(segment))) {
            return segment;
        }
        byte[] bytes = segment.toArray(ValueLayout.JAVA_BYTE);
        byte[] decoded = bytes[0] == LATIN
                ? new String(bytes, StandardCharsets.UTF_8).getBytes(StandardCharsets.ISO_8859_1)
                : decoded(bytes);
        if (decoded == null) {
            return null;
        }
        MemorySegment hidden = MemorySegment.ofArray(decoded);
        return !isLetter(decoded[0]) || hasLines(hidden) ? hidden : null;
    }

    private static byte @Nullable [] decoded(byte[] bytes) {
        if (isHex(bytes[0] & 0xFF, bytes[1] & 0xFF)) {
            try {
                byte[] plain = HexFormat.of().parseHex(new String(bytes, StandardCharsets.ISO_8859_1).strip());
                if (isPlain(plain)) {
                    return plain;
                }
            } catch (IllegalArgumentException none) {
                // Then it may be base64, whose digits are among these.
            }
        }
        for (int i = 0; i < bytes.length; i++) {
            // The spelling for addresses.
            bytes[i] = bytes[i] == '-' ? (byte) '+' : bytes[i] == '_' ? (byte) '/' : bytes[i];
            if (bytes[i] < 0 || (bytes[i] > ' ' && bytes[i] != '=' && DIGITS.indexOf(bytes[i]) < 0)) {
                return null;
            }
        }
        try {
            byte[] plain = Base64.getMimeDecoder().decode(bytes);
            return isPlain(plain) ? plain : null;
        } catch (IllegalArgumentException none) {
            return null;
        }
    }
}
