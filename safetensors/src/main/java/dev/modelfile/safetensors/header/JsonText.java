package dev.modelfile.safetensors.header;

/// Writes JSON strings as the reference does: raw UTF-8, with only quotes, backslashes and control characters escaped.
public final class JsonText {
    private JsonText() {}

    /// Appends a quoted string.
    ///
    /// @throws IllegalArgumentException if the text has a lone surrogate, which UTF-8 cannot hold
    public static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ') {
                        out.append(String.format("\\u%04x", (int) c));
                    } else if (Character.isSurrogate(c)) {
                        i = pair(out, text, i);
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static int pair(StringBuilder out, String text, int at) {
        int codePoint = text.codePointAt(at);
        if (!Character.isSupplementaryCodePoint(codePoint)) {
            throw new IllegalArgumentException("lone surrogate in \"" + text + "\"");
        }
        out.appendCodePoint(codePoint);
        return at + 1;
    }
}
