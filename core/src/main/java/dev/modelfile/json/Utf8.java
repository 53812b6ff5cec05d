package dev.modelfile.json;

import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Strict UTF-8 check over a segment (Unicode 16, table 3-7). Own code because the JDK's decoder works on buffers of
/// at most 2 GiB and would allocate what it decodes.
public final class Utf8 {
    private static final long NOT_ASCII = 0x8080_8080_8080_8080L;

    private Utf8() {}

    /// The offset of the first byte that does not belong to a well-formed sequence, or -1.
    public static long firstError(MemorySegment bytes) {
        long size = bytes.byteSize();
        long at = 0;
        while (at < size) {
            if (size - at >= 8 && (bytes.get(Segments.LE_I64, at) & NOT_ASCII) == 0) {
                at += 8;
                continue;
            }
            int length = sequence(bytes, at, size);
            if (length == 0) {
                return at;
            }
            at += length;
        }
        return -1;
    }

    /// The length of the well-formed sequence at an offset, or 0.
    private static int sequence(MemorySegment bytes, long at, long size) {
        int lead = at(bytes, at);
        if (lead < 0x80) {
            return 1;
        }
        int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
        if (length == 0 || length > size - at) {
            return 0;
        }
        int second = at(bytes, at + 1);
        int low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        int high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        if (second < low || second > high) {
            return 0;
        }
        for (int i = 2; i < length; i++) {
            if ((at(bytes, at + i) & 0xC0) != 0x80) {
                return 0;
            }
        }
        return length;
    }

    private static int at(MemorySegment bytes, long offset) {
        return bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }
}
