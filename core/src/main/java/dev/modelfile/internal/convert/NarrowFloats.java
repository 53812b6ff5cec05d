package dev.modelfile.internal.convert;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Floats narrower than F32: all their values are floats, and whatever becomes one of them can be a float first.
///
/// From 32 bits to 16 and back there are no vector instructions in what the compiler makes of loops, but from 64 to 32
/// there are: so two floats are taken as one long, and two codes of 16 bits as one integer.
abstract class NarrowFloats implements ScalarCodec {
    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    /// Where in a long of memory the first of two floats is.
    static final int FIRST = LITTLE ? 0 : 32;

    /// Where the second is.
    static final int SECOND = LITTLE ? 32 : 0;

    private final float[] floats;
    private final double[] doubles;
    private final long[] longs;
    private final MemorySegment longBytes;

    /// Two floats in each.
    final long[] pairs;

    /// The floats of [#pairs].
    final MemorySegment pairFloats;

    /// Two codes of 16 bits in each, the first in the lower half.
    final int[] codes;

    NarrowFloats(int room) {
        this.floats = new float[room];
        this.doubles = new double[room];
        this.longs = new long[room];
        this.longBytes = MemorySegment.ofArray(longs);
        this.pairs = new long[room / 2];
        this.pairFloats = MemorySegment.ofArray(pairs);
        this.codes = new int[room / 2];
    }

    @Override
    public final void toDoubles(MemorySegment source, long offset, double[] target, int at, int count) {
        toFloats(source, offset, floats, 0, count);
        for (int i = 0; i < count; i++) {
            target[at + i] = floats[i];
        }
    }

    @Override
    public final void toLongs(MemorySegment source, long offset, long[] target, int at, int count) {
        toFloats(source, offset, floats, 0, count);
        for (int i = 0; i < count; i++) {
            target[at + i] = (long) floats[i];
        }
    }

    @Override
    public final void fromDoubles(double[] source, int count, MemorySegment target, long offset) {
        MemorySegment.copy(source, 0, longBytes, ValueLayout.JAVA_DOUBLE_UNALIGNED, 0, count);
        if (Rounding.stickyFloats(longs, count)) {
            MemorySegment.copy(longBytes, ValueLayout.JAVA_DOUBLE_UNALIGNED, 0, doubles, 0, count);
            for (int i = 0; i < count; i++) {
                floats[i] = (float) doubles[i];
            }
        } else {
            for (int i = 0; i < count; i++) {
                floats[i] = Rounding.stickyFloat(source[i]);
            }
        }
        fromFloats(floats, 0, count, target, offset);
    }

    /// Fills [#pairs].
    ///
    /// @return how many; the last has no second float if the count is odd
    final int takePairs(float[] source, int at, int count) {
        MemorySegment.copy(source, at, pairFloats, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, count);
        return count + 1 >> 1;
    }
}
