package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import java.lang.foreign.MemorySegment;

/// Reads and writes elements of one scalar type, at most [#STEP] at a time. Offsets are in bytes; sub-byte types begin
/// at the lowest bits of the byte at the offset. Keeps scratch memory, so one thread uses it at a time.
///
/// There are three intermediate forms: float (exact for float types of at most 32 bits and for integers of at most 16),
/// double (exact for all float types and for integers of at most 32 bits) and long (exact for integers, U64 by its
/// bits). A conversion picks a form that is exact for its source, so that there is a single rounding.
///
/// Loops run over arrays of one primitive type, without branches and calls: the JIT compiler makes vector instructions
/// of such loops. Bytes get from segments to arrays and back in bulk, because a loop over segments is slow once it has
/// met segments of several kinds.
interface ScalarCodec {
    /// What keeps the arrays of a conversion in the first-level cache; a multiple of what fills whole bytes.
    int STEP = 2048;

    /// Elements to floats, rounded to nearest even where a float cannot hold them.
    void toFloats(MemorySegment source, long offset, float[] target, int at, int count);

    /// Elements to doubles; only 64-bit integers are rounded.
    void toDoubles(MemorySegment source, long offset, double[] target, int at, int count);

    /// Elements to integers: floats are truncated and saturate, NaN becomes 0.
    void toLongs(MemorySegment source, long offset, long[] target, int at, int count);

    /// Floats to elements.
    void fromFloats(float[] source, int at, int count, MemorySegment target, long offset);

    /// The first doubles of an array to elements, rounded once.
    void fromDoubles(double[] source, int count, MemorySegment target, long offset);

    /// The first integers of an array to elements of an integer type, dropping high bits.
    default void fromLongs(long[] source, int count, MemorySegment target, long offset) {
        throw new IllegalStateException("integers go to floats through floats or doubles");
    }

    /// The codec of a type.
    ///
    /// @param longest the most elements that it will be given at a time, up to [#STEP]: what its memory is for
    /// @throws IllegalArgumentException for complex types
    static ScalarCodec of(ScalarType type, int longest) {
        int room = room(longest);
        return switch (type) {
            case F64 -> new WideFloats.F64(room);
            case F32 -> new WideFloats.F32(room);
            case F16 -> new HalfFloats.F16(room);
            case BF16 -> new HalfFloats.BF16(room);
            case F8_E5M2, F8_E4M3, F8_E5M2FNUZ, F8_E4M3FNUZ, F8_E8M0, F6_E2M3, F6_E3M2, F4 ->
                new SmallFloats(type, room);
            case BOOL, U8, I8, U16, I16, U32, I32, U64, I64, U4, I4, U2, I2 -> new Integers(type, room);
            case C64, C128 -> throw new IllegalArgumentException(type + " values are not single numbers");
        };
    }

    /// The elements of one step of a run of so many, rounded up to whole bytes of what is packed.
    static int room(int longest) {
        return Math.min(STEP, longest) + 7 & -8;
    }
}
