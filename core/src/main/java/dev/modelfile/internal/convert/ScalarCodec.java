package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Reads and writes elements of one scalar type. Offsets are in bytes; sub-byte types begin at the lowest bits of the
/// byte at the offset.
///
/// There are three intermediate forms: float (exact for float types of at most 32 bits), double (exact for all float
/// types and for integers of at most 32 bits) and long (exact for integers, U64 by its bits). A conversion picks the
/// form that is exact for its source, so that there is a single rounding.
interface ScalarCodec {
    /// Elements to floats, rounded to nearest even where a float cannot hold them.
    void toFloats(MemorySegment source, long offset, float[] target, int at, int count);

    /// Elements to doubles; only 64-bit integers are rounded.
    void toDoubles(MemorySegment source, long offset, double[] target, int at, int count);

    /// Elements to integers: floats are truncated and saturate, NaN becomes 0.
    void toLongs(MemorySegment source, long offset, long[] target, int at, int count);

    /// Floats to elements.
    default void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
        double[] exact = new double[count];
        for (int i = 0; i < count; i++) {
            exact[i] = source[at + i];
        }
        fromDoubles(exact, 0, count, target, offset);
    }

    /// Doubles to elements, rounded once.
    void fromDoubles(double[] source, int at, int count, MemorySegment target, long offset);

    /// Integers to elements of an integer type, dropping high bits.
    void fromLongs(long[] source, int at, int count, MemorySegment target, long offset);

    /// The codec of a type.
    ///
    /// @throws IllegalArgumentException for complex types
    static ScalarCodec of(ScalarType type) {
        return switch (type) {
            case F64 -> new WideFloats.F64();
            case F32 -> new WideFloats.F32();
            case F16, BF16 -> new HalfFloats(type);
            case F8_E5M2, F8_E4M3, F8_E5M2FNUZ, F8_E4M3FNUZ, F6_E2M3, F6_E3M2, F4 -> new SmallFloats(type);
            case F8_E8M0 -> new SmallFloats(type);
            case BOOL, U8, I8, U16, I16, U32, I32, U64, I64, U4, I4, U2, I2 -> new Integers(type);
            case C64, C128 -> throw new IllegalArgumentException(type + " values are not single numbers");
        };
    }

    /// Little-endian element access for whole-byte widths.
    static long load(MemorySegment source, long offset, int bits) {
        return switch (bits) {
            case 8 -> source.get(ValueLayout.JAVA_BYTE, offset);
            case 16 -> source.get(Segments.LE_I16, offset);
            case 32 -> source.get(Segments.LE_I32, offset);
            default -> source.get(Segments.LE_I64, offset);
        };
    }

    /// Little-endian element access for whole-byte widths.
    static void store(MemorySegment target, long offset, int bits, long value) {
        switch (bits) {
            case 8 -> target.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
            case 16 -> target.set(Segments.LE_I16, offset, (short) value);
            case 32 -> target.set(Segments.LE_I32, offset, (int) value);
            default -> target.set(Segments.LE_I64, offset, value);
        }
    }
}
