package dev.modelfile.internal.convert;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Codes of 2, 4, 6 or 8 bits in a stream of bytes, the first code in the lowest bits of the first byte.
final class Packing {
    private final int bits;
    private final int mask;

    Packing(int bits) {
        this.bits = bits;
        this.mask = (1 << bits) - 1;
    }

    int get(MemorySegment source, long offset, int index) {
        if (bits == 8) {
            return source.get(ValueLayout.JAVA_BYTE, offset + index) & 0xFF;
        }
        long bit = (long) index * bits;
        long at = offset + (bit >>> 3);
        int shift = (int) bit & 7;
        int low = (source.get(ValueLayout.JAVA_BYTE, at) & 0xFF) >>> shift;
        if (shift + bits > 8) {
            low |= (source.get(ValueLayout.JAVA_BYTE, at + 1) & 0xFF) << (8 - shift);
        }
        return low & mask;
    }

    /// Zeroes the bytes of `count` codes; [#put] only sets bits.
    void clear(MemorySegment target, long offset, int count) {
        target.asSlice(offset, ((long) count * bits + 7) >>> 3).fill((byte) 0);
    }

    void put(MemorySegment target, long offset, int index, int code) {
        long bit = (long) index * bits;
        long at = offset + (bit >>> 3);
        int shift = (int) bit & 7;
        or(target, at, code << shift);
        if (shift + bits > 8) {
            or(target, at + 1, code >>> (8 - shift));
        }
    }

    private static void or(MemorySegment target, long at, int value) {
        target.set(ValueLayout.JAVA_BYTE, at, (byte) (target.get(ValueLayout.JAVA_BYTE, at) | value));
    }
}
