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

    /// Whether the first characters could begin a pickle.
    static boolean mayBePickle(PickleValue literal) {
        return switch (literal) {
            case PickleValue.Bytes bytes ->
                bytes.bytes().byteSize() >= 2
                        && mayBegin(
                                bytes.bytes().get(ValueLayout.JAVA_BYTE, 0) & 0xFF,
                                bytes.bytes().get(ValueLayout.JAVA_BYTE, 1) & 0xFF);
            case TextNode text
            when text.bytes() instanceof MemorySegment bytes ->
                mayBegin(bytes.get(ValueLayout.JAVA_BYTE, 0) & 0xFF, bytes.get(ValueLayout.JAVA_BYTE, 1) & 0xFF);
            case PickleValue.Text text
            when text.byteSize() >= 2 && text.value().length() >= 2 ->
                mayBegin(text.value().charAt(0), text.value().charAt(1));
            default -> false;
        };
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
