package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import java.lang.foreign.MemorySegment;

/// Integers of 2 to 64 bits, and truth values.
final class Integers implements ScalarCodec {
    private static final double TWO_63 = 0x1p63;

    private final ScalarType type;
    private final int bits;
    private final Packing packing;

    Integers(ScalarType type) {
        this.type = type;
        this.bits = type.bits();
        this.packing = new Packing(Math.min(8, bits));
    }

    @Override
    public void toLongs(MemorySegment source, long offset, long[] target, int at, int count) {
        for (int i = 0; i < count; i++) {
            target[at + i] = get(source, offset, i);
        }
    }

    private long get(MemorySegment source, long offset, int index) {
        return extend(
                bits < 8
                        ? packing.get(source, offset, index)
                        : ScalarCodec.load(source, offset + index * (bits / 8L), bits));
    }

    /// The value of the low bits of a number.
    private long extend(long raw) {
        int unused = 64 - bits;
        return switch (type.kind()) {
            case BOOL -> (raw & 0xFF) != 0 ? 1 : 0;
            case UNSIGNED -> raw << unused >>> unused;
            default -> raw << unused >> unused;
        };
    }

    @Override
    public void toDoubles(MemorySegment source, long offset, double[] target, int at, int count) {
        for (int i = 0; i < count; i++) {
            long exact = get(source, offset, i);
            target[at + i] = type == ScalarType.U64 ? Rounding.unsignedToDouble(exact) : exact;
        }
    }

    @Override
    public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
        for (int i = 0; i < count; i++) {
            long exact = get(source, offset, i);
            target[at + i] = type == ScalarType.U64 ? Rounding.unsignedToFloat(exact) : exact;
        }
    }

    @Override
    public void fromLongs(long[] source, int at, int count, MemorySegment target, long offset) {
        if (bits < 8) {
            packing.clear(target, offset, count);
        }
        for (int i = 0; i < count; i++) {
            long value = type == ScalarType.BOOL ? (source[at + i] != 0 ? 1 : 0) : source[at + i];
            put(target, offset, i, value);
        }
    }

    @Override
    public void fromDoubles(double[] source, int at, int count, MemorySegment target, long offset) {
        if (bits < 8) {
            packing.clear(target, offset, count);
        }
        for (int i = 0; i < count; i++) {
            put(target, offset, i, truncate(source[at + i]));
        }
    }

    private void put(MemorySegment target, long offset, int index, long value) {
        if (bits < 8) {
            packing.put(target, offset, index, (int) value & ((1 << bits) - 1));
        } else {
            ScalarCodec.store(target, offset + index * (bits / 8L), bits, value);
        }
    }

    /// Toward zero, saturating; NaN becomes 0. For truth values: whether the number is not zero.
    private long truncate(double value) {
        return switch (type.kind()) {
            case BOOL -> value != 0 ? 1 : 0;
            case UNSIGNED -> bits == 64 ? unsigned(value) : Math.clamp((long) value, 0, (1L << bits) - 1);
            default -> Math.clamp((long) value, -1L << (bits - 1), (1L << (bits - 1)) - 1);
        };
    }

    private static long unsigned(double value) {
        if (!(value >= TWO_63)) {
            return Math.max(0, (long) value);
        }
        return value >= 2 * TWO_63 ? -1 : (long) (value - TWO_63) ^ Long.MIN_VALUE;
    }
}
