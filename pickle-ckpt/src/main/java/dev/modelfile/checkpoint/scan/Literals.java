package dev.modelfile.checkpoint.scan;

import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.TextNode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// Strings and bytes that hold a pickle of their own, plainly, in base64 or in hexadecimal.
final class Literals {
    private static final int LONGEST = 16 << 20;

    private Literals() {}

    /// Whether a literal could be a pickle: by its first characters, and if these are letters that texts begin with, by
    /// the lines that must follow them.
    static boolean mayBePickle(PickleValue literal) {
        return switch (literal) {
            case PickleValue.Bytes bytes -> mayBePickle(bytes.bytes());
            case TextNode text when text.bytes() instanceof MemorySegment bytes -> mayBePickle(bytes);
            case PickleValue.Text text -> {
                String value = text.value();
                yield value.length() >= 2
                        && mayBegin(value.charAt(0), value.charAt(1))
                        && (!isLetter(value.charAt(0)) || value.indexOf('\n') < value.lastIndexOf('\n'));
            }
            default -> false;
        };
    }

    private static boolean mayBePickle(MemorySegment bytes) {
        if (bytes.byteSize() < 2) {
            return false;
        }
        int first = bytes.get(ValueLayout.JAVA_BYTE, 0) & 0xFF;
        return mayBegin(first, bytes.get(ValueLayout.JAVA_BYTE, 1) & 0xFF) && (!isLetter(first) || hasLines(bytes));
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

    /// Whether two first characters could begin a pickle.
    static boolean mayBegin(int first, int second) {
        return first == 0x80 && second >= 2 && second <= 5
                || (first == 0xC2 && second == 0x80)
                || (first == 'g' && second == 'A')
                || (first == '8' && second == '0')
                || ((first == 'c' || first == 'i' || first == '(') && second > ' ' && second < 0x7F);
    }

    /// The bytes that a literal may hide, or null.
    static byte @Nullable [] hidden(PickleValue literal) {
        byte[] bytes = raw(literal);
        if (bytes == null || bytes.length < 2) {
            return null;
        }
        try {
            if (bytes[0] == 'g' && bytes[1] == 'A') {
                return Base64.getMimeDecoder().decode(bytes);
            }
            if (bytes[0] == '8' && bytes[1] == '0') {
                return HexFormat.of().parseHex(new String(bytes, StandardCharsets.ISO_8859_1).strip());
            }
        } catch (IllegalArgumentException plain) {
            return null;
        }
        return bytes;
    }

    private static byte @Nullable [] raw(PickleValue literal) {
        return switch (literal) {
            case PickleValue.Bytes bytes ->
                bytes.bytes().byteSize() > LONGEST ? null : bytes.bytes().toArray(ValueLayout.JAVA_BYTE);
            case PickleValue.Text text ->
                text.byteSize() > LONGEST ? null : text.value().getBytes(StandardCharsets.ISO_8859_1);
            default -> null;
        };
    }
}
