package dev.modelfile.gguf.container;

import dev.modelfile.Value;
import dev.modelfile.Value.Type;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// How numbers and lengths are stored: the byte order of the file, and the width that its version gives to lengths.
///
/// @param order byte order of everything but the magic
/// @param lengthBytes 4 in version 1, 8 later
public record Encoding(ByteOrder order, int lengthBytes) {
    /// What is written today.
    public static final Encoding CURRENT = new Encoding(ByteOrder.LITTLE_ENDIAN, Long.BYTES);

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT_LE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT_BE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG_BE = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /// How a version stores lengths.
    public static Encoding of(ByteOrder order, int version) {
        return new Encoding(order, version == 1 ? Integer.BYTES : Long.BYTES);
    }

    private boolean little() {
        return order == ByteOrder.LITTLE_ENDIAN;
    }

    /// A 16-bit number.
    public short i16(MemorySegment bytes, long at) {
        return bytes.get(SHORT.withOrder(order), at);
    }

    /// A 32-bit number.
    public int i32(MemorySegment bytes, long at) {
        return little() ? bytes.get(INT_LE, at) : bytes.get(INT_BE, at);
    }

    /// A 64-bit number.
    public long i64(MemorySegment bytes, long at) {
        return little() ? bytes.get(LONG_LE, at) : bytes.get(LONG_BE, at);
    }

    /// A length or count; negative if it is 2^63 or more.
    public long length(MemorySegment bytes, long at) {
        return lengthBytes == Long.BYTES ? i64(bytes, at) : i32(bytes, at) & 0xFFFF_FFFFL;
    }

    /// Stores a 16-bit number.
    public void put(MemorySegment bytes, long at, short value) {
        bytes.set(SHORT.withOrder(order), at, value);
    }

    /// Stores a 32-bit number.
    public void put(MemorySegment bytes, long at, int value) {
        bytes.set(little() ? INT_LE : INT_BE, at, value);
    }

    /// Stores a 64-bit number.
    public void put(MemorySegment bytes, long at, long value) {
        bytes.set(little() ? LONG_LE : LONG_BE, at, value);
    }

    /// A number or truth value of a type that has a width.
    public Value value(int id, MemorySegment bytes, long at) {
        Type type = ValueTypes.type(id);
        return switch (type) {
            case U8 -> new Value.Int(type, bytes.get(ValueLayout.JAVA_BYTE, at) & 0xFF);
            case I8 -> new Value.Int(type, bytes.get(ValueLayout.JAVA_BYTE, at));
            case U16 -> new Value.Int(type, i16(bytes, at) & 0xFFFF);
            case I16 -> new Value.Int(type, i16(bytes, at));
            case U32 -> new Value.Int(type, i32(bytes, at) & 0xFFFF_FFFFL);
            case I32 -> new Value.Int(type, i32(bytes, at));
            case U64, I64 -> new Value.Int(type, i64(bytes, at));
            case F32 -> new Value.Real(type, Float.intBitsToFloat(i32(bytes, at)));
            case F64 -> new Value.Real(type, Double.longBitsToDouble(i64(bytes, at)));
            case BOOL -> new Value.Bool(bytes.get(ValueLayout.JAVA_BYTE, at) != 0);
            default -> throw new IllegalArgumentException("no width: " + type);
        };
    }
}
