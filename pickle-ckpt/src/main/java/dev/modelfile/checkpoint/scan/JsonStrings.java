package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.io.Region;
import dev.modelfile.json.JsonCursor;
import dev.modelfile.json.Utf8;

/// Goes through all strings of a JSON text.
final class JsonStrings {
    private static final int MAX_DEPTH = 100;

    private final Region text;
    private final JsonCursor json;
    private final Taker taker;

    /// Takes a string.
    @FunctionalInterface
    interface Taker {
        /// @param name the field that it is the value of, or that holds the list that it is in
        /// @param offset where it ends
        void take(String name, String value, long offset) throws ModelFormatException;
    }

    private JsonStrings(Region text, ReadLimits limits, Taker taker) {
        this.text = text;
        this.json = new JsonCursor(text, "scan.json", limits);
        this.taker = taker;
    }

    /// @throws ModelFormatException if it is no JSON, exceeds a limit, or the taker refuses it
    static void read(Region text, ReadLimits limits, Taker taker) throws ModelFormatException {
        JsonStrings strings = new JsonStrings(text, limits, taker);
        long wrong = Utf8.firstError(text.bytes());
        if (wrong >= 0) {
            throw strings.json.error("not UTF-8", wrong);
        }
        strings.value("", 0);
        if (strings.json.peek() != -1) {
            throw strings.json.error("text behind the end");
        }
    }

    private void value(String name, int depth) throws ModelFormatException {
        if (depth > MAX_DEPTH) {
            throw text.limit("maxDepth", "", json.offset(), "more than " + MAX_DEPTH + " levels");
        }
        switch (json.peek()) {
            case '{' -> json.object(field -> value(field, depth + 1));
            case '[' -> {
                json.expect('[', "");
                if (!json.accept(']')) {
                    do {
                        value(name, depth + 1);
                    } while (json.more(']'));
                }
            }
            case '"' -> taker.take(name, json.string(), json.offset());
            default -> json.skip(depth);
        }
    }
}
