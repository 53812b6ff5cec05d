package dev.modelfile.gguf.container;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Keys and tensor names as strings, without loss: a byte that is not UTF-8 becomes a lone surrogate U+DC80 to U+DCFF,
/// as in Python's `surrogateescape`, and comes back as that byte.
public final class Names {
    private static final int ESCAPE = 0xDC00;
    private static final int SHOWN = 80;

    private Names() {}

    /// The text of some bytes.
    public static String decode(byte[] utf8) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(utf8);
        try {
            return decoder.decode(in).toString();
        } catch (CharacterCodingException notText) {
            return escaped(utf8);
        }
    }

    private static String escaped(byte[] utf8) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(utf8);
        CharBuffer out = CharBuffer.allocate(utf8.length);
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            if (!result.isMalformed()) {
                return out.flip().toString();
            }
            for (int i = 0; i < result.length(); i++) {
                out.put((char) (ESCAPE + (in.get() & 0xFF)));
            }
        }
    }

    /// The bytes of a text.
    ///
    /// @throws IllegalArgumentException if it holds half of a surrogate pair that stands for no byte
    public static byte[] encode(String text) {
        byte[] bytes = new byte[3 * text.length()];
        int length = 0;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            i += Character.charCount(point);
            if (point < 0x80) {
                bytes[length++] = (byte) point;
            } else if (point >= ESCAPE + 0x80 && point <= ESCAPE + 0xFF) {
                bytes[length++] = (byte) point;
            } else if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                throw new IllegalArgumentException("\"" + shown(text) + "\" holds half of a surrogate pair");
            } else {
                byte[] encoded = Character.toString(point).getBytes(StandardCharsets.UTF_8);
                System.arraycopy(encoded, 0, bytes, length, encoded.length);
                length += encoded.length;
            }
        }
        return Arrays.copyOf(bytes, length);
    }

    /// Whether a text stands for bytes that are UTF-8.
    public static boolean isText(String name) {
        for (int i = 0; i < name.length(); ) {
            int point = name.codePointAt(i);
            if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                return false;
            }
            i += Character.charCount(point);
        }
        return true;
    }

    /// Whether a text stands for bytes.
    public static boolean isEncodable(String text) {
        return text.codePoints()
                .noneMatch(point -> point >= Character.MIN_SURROGATE
                        && point <= Character.MAX_SURROGATE
                        && (point < ESCAPE + 0x80 || point > ESCAPE + 0xFF));
    }

    /// Whether a text holds a control character other than NUL.
    static boolean hasControl(String name) {
        return name.chars().anyMatch(c -> c != 0 && Character.isISOControl(c));
    }

    /// What a C program sees of a name: the part before the first NUL.
    public static String cut(String name) {
        int nul = name.indexOf('\0');
        return nul < 0 ? name : name.substring(0, nul);
    }

    /// A name for a message: one line, not too long.
    public static String shown(String name) {
        String start = name.length() <= SHOWN ? name : name.substring(0, SHOWN) + "…";
        StringBuilder text = new StringBuilder(start.length());
        for (int i = 0; i < start.length(); i++) {
            char c = start.charAt(i);
            text.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '\uFFFD' : c);
        }
        return text.toString();
    }
}
