package dev.modelfile.checkpoint.torch;

import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Elements whose stored bytes need a change on the way: another byte order, or the sign bits that PyTorch flips
/// lazily.
///
/// @param base the stored elements
/// @param unit bytes of one element
/// @param swap bytes that change their order together, 1 for none
/// @param flips for each byte of an element the bits to flip, little-endian
record UnitsData(TensorData base, int unit, int swap, byte[] flips) implements TensorData {
    private static final int PIECE = 1 << 16;

    /// Flips no bits.
    static TensorData swapped(TensorData base, int unit, int swap) {
        return swap == 1 ? base : new UnitsData(base, unit, swap, new byte[unit]);
    }

    /// Conjugates complex numbers, negates all parts, or both.
    static TensorData signs(TensorData base, int unit, int part, boolean conjugate, boolean negate) {
        byte[] flips = new byte[unit];
        for (int i = 0; i * part < unit; i++) {
            boolean flip = negate ^ (conjugate && i == 1);
            flips[(i + 1) * part - 1] = (byte) (flip ? 0x80 : 0);
        }
        return new UnitsData(base, unit, 1, flips);
    }

    @Override
    public long byteSize() {
        return base.byteSize();
    }

    @Override
    public @Nullable MemorySegment segment() {
        return null;
    }

    @Override
    public void read(long offset, MemorySegment target) throws IOException {
        Objects.checkFromIndexSize(offset, target.byteSize(), byteSize());
        byte[] piece = new byte[(int) Math.min(PIECE, target.byteSize() + 2L * unit) / unit * unit];
        for (long done = 0; done < target.byteSize(); ) {
            long first = (offset + done) / unit * unit;
            int length = (int) Math.min(piece.length, byteSize() - first);
            base.read(first, MemorySegment.ofArray(piece).asSlice(0, length));
            change(piece, length);
            int skip = (int) (offset + done - first);
            int use = (int) Math.min(length - skip, target.byteSize() - done);
            MemorySegment.copy(piece, skip, target, ValueLayout.JAVA_BYTE, done, use);
            done += use;
        }
    }

    private void change(byte[] piece, int length) {
        for (int at = 0; at < length; at += swap) {
            for (int i = 0, j = swap - 1; i < j; i++, j--) {
                byte kept = piece[at + i];
                piece[at + i] = piece[at + j];
                piece[at + j] = kept;
            }
        }
        for (int at = 0; at < length; at++) {
            piece[at] ^= flips[at % unit];
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
