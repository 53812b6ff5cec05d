package dev.modelfile.safetensors.header;

import dev.modelfile.spi.TextData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// JSON in UTF-8 as the reference writes it: only quotes, backslashes and control characters are escaped.
final class HeaderText {
    private static final int PIECE = 1 << 13;

    private final OutputStream out;

    HeaderText(OutputStream out) {
        this.out = out;
    }

    HeaderText plain(String ascii) throws IOException {
        for (int i = 0; i < ascii.length(); i++) {
            out.write(ascii.charAt(i));
        }
        return this;
    }

    /// A quoted string.
    ///
    /// @throws IllegalArgumentException if the text has a lone surrogate, which UTF-8 cannot hold
    HeaderText quoted(String text) throws IOException {
        ByteBuffer utf8;
        try {
            utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException lone) {
            throw new IllegalArgumentException("lone surrogate in \"" + text + "\"", lone);
        }
        out.write('"');
        escaped(utf8.array(), utf8.limit());
        out.write('"');
        return this;
    }

    /// A quoted string that is UTF-8 already, however long.
    HeaderText quoted(TextData text) throws IOException {
        out.write('"');
        byte[] piece = new byte[(int) Math.min(PIECE, text.byteSize())];
        TextData.Input input = text.open(0);
        for (int length = input.read(piece); length > 0; length = input.read(piece)) {
            escaped(piece, length);
        }
        out.write('"');
        return this;
    }

    private void escaped(byte[] utf8, int length) throws IOException {
        for (int i = 0; i < length; i++) {
            byte b = utf8[i];
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
                        plain("\\u00");
                        out.write(Character.forDigit(b >> 4, 16));
                        out.write(Character.forDigit(b & 15, 16));
                    } else {
                        out.write(b);
                    }
                }
            }
        }
    }
}
