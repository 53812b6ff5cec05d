package dev.modelfile.safetensors.header;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// JSON in UTF-8 as the reference writes it: only quotes, backslashes and control characters are escaped. Counts first
/// and writes then, so that metadata of many megabytes is in memory once.
final class HeaderText {
    private final byte[] bytes;
    private int length;

    /// @param bytes where the text goes; if there is no room, it is only counted
    HeaderText(byte[] bytes) {
        this.bytes = bytes;
    }

    int length() {
        return length;
    }

    private void put(int value) {
        if (length < bytes.length) {
            bytes[length] = (byte) value;
        }
        length = Math.addExact(length, 1);
    }

    HeaderText plain(String ascii) {
        for (int i = 0; i < ascii.length(); i++) {
            put(ascii.charAt(i));
        }
        return this;
    }

    /// A quoted string.
    ///
    /// @throws IllegalArgumentException if the text has a lone surrogate, which UTF-8 cannot hold
    HeaderText quoted(String text) {
        try {
            ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] all = new byte[utf8.remaining()];
            utf8.get(all);
            return quoted(all);
        } catch (CharacterCodingException lone) {
            throw new IllegalArgumentException("lone surrogate in \"" + text + "\"", lone);
        }
    }

    /// A quoted string that is UTF-8 already.
    HeaderText quoted(byte[] utf8) {
        put('"');
        for (byte b : utf8) {
            switch (b) {
                case '"' -> plain("\\\"");
                case '\\' -> plain("\\\\");
                case '\n' -> plain("\\n");
                case '\r' -> plain("\\r");
                case '\t' -> plain("\\t");
                case '\b' -> plain("\\b");
                case '\f' -> plain("\\f");
                default -> {
                    if (b >= 0 && b < ' ') {
                        plain("\\u00").put(Character.forDigit(b >> 4, 16));
                        put(Character.forDigit(b & 15, 16));
                    } else {
                        put(b);
                    }
                }
            }
        }
        put('"');
        return this;
    }
}
