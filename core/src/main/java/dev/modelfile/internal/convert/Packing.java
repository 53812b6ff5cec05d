package dev.modelfile.internal.convert;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Codes of 2, 4, 6 or 8 bits in a stream of bytes, the first code in the lowest bits of the first byte.
final class Packing {
    private final int bits;
    private final byte[] packed;

    /// @param room the most codes at a time, a multiple of four: arrays of codes have room for whole bytes
    Packing(int bits, int room) {
        this.bits = bits;
        this.packed = new byte[bits == 8 ? 0 : bytes(bits, room)];
    }

    private static int bytes(int bits, int count) {
        return (count * bits + 7) / 8;
    }

    /// Codes to one byte each; what is behind the last one in its byte may follow.
    void unpack(MemorySegment source, long offset, byte[] codes, int count) {
        if (bits == 8) {
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, offset, codes, 0, count);
            return;
        }
        MemorySegment.copy(source, ValueLayout.JAVA_BYTE, offset, packed, 0, bytes(bits, count));
        switch (bits) {
            case 2 -> unpackTwos(codes, count);
            case 4 -> unpackFours(codes, count);
            default -> unpackSixes(codes, count);
        }
    }

    private void unpackTwos(byte[] codes, int count) {
        for (int i = 0, at = 0; i < count; i += 4, at++) {
            int four = packed[at];
            codes[i] = (byte) (four & 3);
            codes[i + 1] = (byte) (four >> 2 & 3);
            codes[i + 2] = (byte) (four >> 4 & 3);
            codes[i + 3] = (byte) (four >> 6 & 3);
        }
    }

    private void unpackFours(byte[] codes, int count) {
        for (int i = 0, at = 0; i < count; i += 2, at++) {
            codes[i] = (byte) (packed[at] & 15);
            codes[i + 1] = (byte) (packed[at] >> 4 & 15);
        }
    }

    private void unpackSixes(byte[] codes, int count) {
        for (int i = 0, at = 0; i < count; i += 4, at += 3) {
            int four = packed[at] & 0xFF | (packed[at + 1] & 0xFF) << 8 | (packed[at + 2] & 0xFF) << 16;
            codes[i] = (byte) (four & 63);
            codes[i + 1] = (byte) (four >> 6 & 63);
            codes[i + 2] = (byte) (four >> 12 & 63);
            codes[i + 3] = (byte) (four >> 18 & 63);
        }
    }

    /// Codes from one byte each, with nothing above them; what is behind the last one in its byte becomes zero.
    void pack(byte[] codes, int count, MemorySegment target, long offset) {
        if (bits == 8) {
            MemorySegment.copy(codes, 0, target, ValueLayout.JAVA_BYTE, offset, count);
            return;
        }
        Arrays.fill(codes, count, Math.min(codes.length, count + 3), (byte) 0);
        switch (bits) {
            case 2 -> packTwos(codes, count);
            case 4 -> packFours(codes, count);
            default -> packSixes(codes, count);
        }
        MemorySegment.copy(packed, 0, target, ValueLayout.JAVA_BYTE, offset, bytes(bits, count));
    }

    private void packTwos(byte[] codes, int count) {
        for (int i = 0, at = 0; i < count; i += 4, at++) {
            packed[at] = (byte) (codes[i] | codes[i + 1] << 2 | codes[i + 2] << 4 | codes[i + 3] << 6);
        }
    }

    private void packFours(byte[] codes, int count) {
        for (int i = 0, at = 0; i < count; i += 2, at++) {
            packed[at] = (byte) (codes[i] | codes[i + 1] << 4);
        }
    }

    private void packSixes(byte[] codes, int count) {
        for (int i = 0, at = 0; i < count; i += 4, at += 3) {
            int four = codes[i] | codes[i + 1] << 6 | codes[i + 2] << 12 | codes[i + 3] << 18;
            packed[at] = (byte) four;
            packed[at + 1] = (byte) (four >> 8);
            packed[at + 2] = (byte) (four >> 16);
        }
    }
}
