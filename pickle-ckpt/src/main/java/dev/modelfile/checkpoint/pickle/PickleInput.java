package dev.modelfile.checkpoint.pickle;

import dev.modelfile.MalformedModelException;
import dev.modelfile.io.Region;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Reads a stream through a window on the heap, which is much faster than asking a mapping for each byte.
final class PickleInput {
    private static final int WINDOW = 1 << 16;
    /// The longest piece that [#have] can bring into the window.
    static final int LONGEST = 1 << 12;

    private final Region stream;
    private final byte[] window;
    private long start;
    private int at;
    private int limit;

    PickleInput(Region stream, long position) throws MalformedModelException {
        if (position < 0 || position > stream.size()) {
            throw stream.malformed("pickle.truncated", "", position, "the stream has ended");
        }
        this.stream = stream;
        this.window = new byte[(int) Math.min(WINDOW, stream.size() - position)];
        this.start = position;
    }

    /// Offset of the next byte in the stream.
    long position() {
        return start + at;
    }

    long remaining() {
        return stream.size() - position();
    }

    void skip(long bytes) throws MalformedModelException {
        check(bytes);
        if (bytes <= limit - at) {
            at += (int) bytes;
        } else {
            start = position() + bytes;
            at = 0;
            limit = 0;
        }
    }

    private void check(long bytes) throws MalformedModelException {
        if (bytes < 0 || bytes > remaining()) {
            throw stream.malformed(
                    "pickle.truncated",
                    "",
                    position(),
                    Long.toUnsignedString(bytes) + " bytes needed vs " + remaining() + " available");
        }
    }

    /// Brings bytes into the window and moves past them; returns where they are in [#window()].
    int have(int bytes) throws MalformedModelException {
        if (bytes > limit - at) {
            check(bytes);
            start += at;
            at = 0;
            limit = (int) Math.min(window.length, stream.size() - start);
            MemorySegment.copy(stream.bytes(), ValueLayout.JAVA_BYTE, start, window, 0, limit);
        }
        int here = at;
        at += bytes;
        return here;
    }

    /// How many bytes the next two lines have with their line feeds, if they are short and in the window; else -1.
    int twoLines() {
        int end = Math.min(limit, at + LONGEST);
        int feeds = 0;
        for (int i = at; i < end; i++) {
            if (window[i] == '\n' && ++feeds == 2) {
                return i + 1 - at;
            }
        }
        return -1;
    }

    /// Takes back the last bytes that [#have] has moved past.
    void back(int bytes) {
        at -= bytes;
    }

    byte[] window() {
        return window;
    }

    int u8() throws MalformedModelException {
        return window[have(1)] & 0xFF;
    }

    int u16() throws MalformedModelException {
        int i = have(2);
        return window[i] & 0xFF | (window[i + 1] & 0xFF) << 8;
    }

    int i32() throws MalformedModelException {
        int i = have(4);
        return window[i] & 0xFF
                | (window[i + 1] & 0xFF) << 8
                | (window[i + 2] & 0xFF) << 16
                | (window[i + 3] & 0xFF) << 24;
    }

    long i64() throws MalformedModelException {
        long low = i32() & 0xFFFF_FFFFL;
        return low | (long) i32() << 32;
    }

    double f64BigEndian() throws MalformedModelException {
        return Double.longBitsToDouble(Long.reverseBytes(i64()));
    }

    /// Moves past some bytes and shows them without copying.
    MemorySegment slice(long length) throws MalformedModelException {
        check(length);
        MemorySegment bytes = stream.bytes().asSlice(position(), length);
        skip(length);
        return bytes;
    }

    /// The length of the line that begins here, without its line feed.
    long lineLength() throws MalformedModelException {
        for (int i = at; i < limit; i++) {
            if (window[i] == '\n') {
                return i - at;
            }
        }
        MemorySegment bytes = stream.bytes();
        for (long i = start + limit; i < stream.size(); i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, i) == '\n') {
                return i - position();
            }
        }
        throw stream.malformed("pickle.truncated", "", position(), "a line without end");
    }

    /// A line, and moves past its line feed.
    byte[] line(long length) throws MalformedModelException {
        byte[] line = stream.copy("", position(), length);
        skip(length + 1);
        return line;
    }
}
