package dev.modelfile.checkpoint.scan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads the plain literals of Python that NumPy writes into its headers: strings, integers, truth values, tuples,
/// lists and dictionaries. What Python would also take, but NumPy never writes, such as escapes, comments, joined
/// strings or a key that comes twice, is none.
final class PythonLiteral {
    private static final int MAX_NESTING = 32;

    private final String text;
    private int at;

    private PythonLiteral(String text) {
        this.text = text;
    }

    /// The value of a text: a `String`, `Long`, `Boolean`, `List` or `Map`; null if it is anything else.
    static @Nullable Object read(String text) {
        PythonLiteral reader = new PythonLiteral(text);
        Object value = reader.value(0);
        return reader.blank() == 0 ? value : null;
    }

    /// The next character that is no blank, 0 at the end.
    private char blank() {
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }

    private @Nullable Object value(int depth) {
        char first = blank();
        if (depth > MAX_NESTING) {
            return null;
        }
        return switch (first) {
            case '\'', '"' -> string(first);
            case '(' -> list(')', depth);
            case '[' -> list(']', depth);
            case '{' -> map(depth);
            default -> word();
        };
    }

    private @Nullable String string(char quote) {
        int end = text.indexOf(quote, at + 1);
        String content = end < 0 ? "\\" : text.substring(at + 1, end);
        at = end + 1;
        // An empty string could be the beginning of one in three quotes.
        boolean tripled = content.isEmpty() && at < text.length() && text.charAt(at) == quote;
        return tripled || content.indexOf('\\') >= 0 || content.indexOf('\n') >= 0 ? null : content;
    }

    private @Nullable Object word() {
        int from = at;
        while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
            at++;
        }
        String word = text.substring(from, at);
        if (word.equals("True") || word.equals("False")) {
            return word.equals("True");
        }
        // Python 2 wrote an L behind long integers.
        return word.matches("(0|[1-9][0-9]{0,17})L?") ? Long.valueOf(word.replace("L", "")) : null;
    }

    private @Nullable List<Object> list(char close, int depth) {
        List<Object> items = new ArrayList<>();
        at++;
        while (blank() != close) {
            Object item = value(depth + 1);
            if (item == null || !separated(close)) {
                return null;
            }
            items.add(item);
        }
        at++;
        return items;
    }

    private @Nullable Map<String, Object> map(int depth) {
        Map<String, Object> entries = new LinkedHashMap<>();
        at++;
        while (blank() != '}') {
            Object key = value(depth + 1);
            boolean colon = blank() == ':';
            at++;
            Object value = colon && key instanceof String ? value(depth + 1) : null;
            if (value == null || entries.put((String) java.util.Objects.requireNonNull(key), value) != null) {
                return null;
            }
            if (!separated('}')) {
                return null;
            }
        }
        at++;
        return entries;
    }

    /// Moves past a comma, which may be missing only before the end.
    private boolean separated(char close) {
        if (blank() == ',') {
            at++;
            return true;
        }
        return blank() == close;
    }
}
