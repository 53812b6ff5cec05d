package dev.modelfile.spi;

import dev.modelfile.Value;

/// Text from a file, made fit for a message: files may hold names of a megabyte, or with escape sequences for the
/// terminal.
public final class Printable {
    private static final int LONGEST = 80;

    /// How many elements of an array are shown.
    private static final int ELEMENTS = 8;

    private Printable() {}

    /// The first elements of an array, and how many there are.
    public static String of(Value.Array array) {
        StringBuilder text = new StringBuilder("[");
        long shown = Math.min(array.size(), ELEMENTS);
        for (long i = 0; i < shown; i++) {
            text.append(i == 0 ? "" : ", ").append(array.get(i));
        }
        return text.append(array.size() > shown ? ", … " + array.size() + " in all]" : "]")
                .toString();
    }

    /// At most some 80 characters of a text; control and format characters and lone surrogates are escaped.
    public static String of(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (out.length() >= LONGEST) {
                return out.append('…').toString();
            }
            int type = Character.getType(c);
            if (type == Character.CONTROL || type == Character.FORMAT || type == Character.SURROGATE) {
                out.append("\\u{").append(Integer.toHexString(c)).append('}');
            } else {
                out.appendCodePoint(c);
            }
        }
        return out.toString();
    }
}
