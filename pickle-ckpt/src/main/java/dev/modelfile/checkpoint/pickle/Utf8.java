package dev.modelfile.checkpoint.pickle;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Checks long text in place, a piece at a time.
final class Utf8 {
    private static final int PIECE = 1 << 16;

    private Utf8() {}

    /// Whether bytes are UTF-8 in which surrogates are allowed.
    static boolean isValid(MemorySegment bytes) {
        byte[] piece = new byte[(int) Math.min(PIECE, bytes.byteSize())];
        for (long at = 0; at < bytes.byteSize(); ) {
            int length = (int) Math.min(piece.length, bytes.byteSize() - at);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, piece, 0, length);
            if (at + length < bytes.byteSize()) {
                length = wholeSequences(piece, length);
            }
            if (!PythonText.isUtf8(piece, 0, length)) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /// The length without a sequence that the piece may have cut.
    private static int wholeSequences(byte[] piece, int length) {
        for (int back = 1; back <= 3; back++) {
            int first = piece[length - back] & 0xFF;
            if (first >= 0xC0) {
                return length - back;
            }
            if (first < 0x80) {
                return length;
            }
        }
        return length;
    }
}
