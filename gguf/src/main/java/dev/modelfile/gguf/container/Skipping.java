package dev.modelfile.gguf.container;

import java.lang.foreign.MemorySegment;

/// Passes over values that were checked when the file was opened.
final class Skipping {
    private Skipping() {}

    /// Where the value after the one at `at` begins.
    static long skip(int id, MemorySegment bytes, long at, Encoding encoding) {
        int width = ValueTypes.width(id);
        if (width > 0) {
            return at + width;
        }
        if (id == ValueTypes.STRING) {
            return at + encoding.lengthBytes() + encoding.length(bytes, at);
        }
        return skipArrays(bytes, at, encoding);
    }

    /// Passes over one array with all that is nested in it. Arrays that are left open are counted, not remembered: an
    /// array whose elements are arrays adds their number, any other is passed at once.
    private static long skipArrays(MemorySegment bytes, long start, Encoding encoding) {
        long at = start;
        for (long open = 1; open > 0; open--) {
            int element = encoding.i32(bytes, at);
            long count = encoding.length(bytes, at + Integer.BYTES);
            at += Integer.BYTES + encoding.lengthBytes();
            int width = ValueTypes.width(element);
            if (element == ValueTypes.ARRAY) {
                open += count;
            } else if (width > 0) {
                at += count * width;
            } else {
                for (long i = 0; i < count; i++) {
                    at += encoding.lengthBytes() + encoding.length(bytes, at);
                }
            }
        }
        return at;
    }
}
