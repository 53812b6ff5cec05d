package dev.modelfile.cli.terminal;

/// Makes text from files harmless. Names and metadata may hold control characters and escape sequences, which would
/// otherwise move the cursor, recolour or retitle the reader's terminal, and characters that change the order of
/// reading or cannot be seen.
public final class Printable {
    private Printable() {}

    /// Whether a terminal must not see this character.
    public static boolean isUnsafe(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> true;
            default -> false;
        };
    }

    /// The text on one line with every unsafe character as a Java escape.
    public static String of(String text) {
        return escape(text, false, true);
    }

    /// As [#of], with everything beyond ASCII escaped too where the terminal cannot show it.
    public static String of(String text, boolean unicode) {
        return escape(text, false, unicode);
    }

    /// As [#of], with backslashes doubled so that the escapes can be undone.
    public static String reversible(String text) {
        return escape(text, true, true);
    }

    private static String escape(String text, boolean backslash, boolean unicode) {
        int first = 0;
        while (first < text.length() && isPlain(text.charAt(first)) && !(backslash && text.charAt(first) == '\\')) {
            first++;
        }
        if (first == text.length()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, first);
        int codePoint;
        for (int i = first; i < text.length(); i += Character.charCount(codePoint)) {
            codePoint = text.codePointAt(i);
            if (codePoint == '\\' && backslash) {
                out.append("\\\\");
            } else if (isUnsafe(codePoint) || !unicode && codePoint > '~') {
                append(out, codePoint, unicode || backslash);
            } else {
                out.appendCodePoint(codePoint);
            }
        }
        return out.toString();
    }

    private static boolean isPlain(char c) {
        return c >= ' ' && c <= '~';
    }

    private static void append(StringBuilder out, int codePoint, boolean unicode) {
        switch (codePoint) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                String ascii = unicode ? "" : ownDecoration(codePoint);
                if (!ascii.isEmpty()) {
                    out.append(ascii);
                    return;
                }
                for (char unit : Character.toChars(codePoint)) {
                    out.append(String.format("\\u%04x", (int) unit));
                }
            }
        }
    }

    /// What this program itself prints beyond ASCII.
    private static String ownDecoration(int codePoint) {
        return switch (codePoint) {
            case '…' -> "...";
            case '›' -> ">";
            case '→' -> "->";
            default -> "";
        };
    }
}
