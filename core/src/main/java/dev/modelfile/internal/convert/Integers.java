package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;
import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;

/// Integers of 2 to 64 bits, and truth values.
final class Integers implements ScalarCodec {
    private static final double TWO_63 = 0x1p63;

    private final int bits;
    private final Kind kind;
    private final boolean unsignedLongs;
    private final long smallest;
    private final long largest;
    private final Packing packing;
    private final long[] longs;
    private final byte[] bytes;
    private final short[] shorts;
    private final int[] ints;

    Integers(ScalarType type, int room) {
        this.longs = new long[room];
        this.bits = type.bits();
        this.kind = type.kind();
        this.unsignedLongs = type == ScalarType.U64;
        boolean signed = kind == Kind.SIGNED;
        this.smallest = signed ? -1L << bits - 1 : 0;
        this.largest = signed ? (1L << bits - 1) - 1 : (1L << bits) - 1;
        this.packing = new Packing(Math.min(8, bits), room);
        this.bytes = new byte[bits <= 8 ? room : 0];
        this.shorts = new short[bits == 16 ? room : 0];
        this.ints = new int[bits == 32 ? room : 0];
    }

    @Override
    public void toLongs(MemorySegment source, long offset, long[] target, int at, int count) {
        switch (bits) {
            case 64 -> MemorySegment.copy(source, Segments.LE_I64, offset, target, at, count);
            case 32 -> {
                MemorySegment.copy(source, Segments.LE_I32, offset, ints, 0, count);
                for (int i = 0; i < count; i++) {
                    target[at + i] = ints[i];
                }
            }
            case 16 -> {
                MemorySegment.copy(source, Segments.LE_I16, offset, shorts, 0, count);
                for (int i = 0; i < count; i++) {
                    target[at + i] = shorts[i];
                }
            }
            default -> {
                packing.unpack(source, offset, bytes, count);
                for (int i = 0; i < count; i++) {
                    target[at + i] = bytes[i];
                }
            }
        }
        if (kind == Kind.BOOL) {
            for (int i = at; i < at + count; i++) {
                target[i] = target[i] != 0 ? 1 : 0;
            }
        } else if (bits < 64) {
            extend(target, at, count);
        }
    }

    /// Leaves the value of the low bits of each number.
    private void extend(long[] target, int at, int count) {
        int unused = 64 - bits;
        if (kind == Kind.UNSIGNED) {
            for (int i = at; i < at + count; i++) {
                target[i] &= largest;
            }
        } else if (bits < 8) {
            for (int i = at; i < at + count; i++) {
                target[i] = target[i] << unused >> unused;
            }
        }
    }

    @Override
    public void toDoubles(MemorySegment source, long offset, double[] target, int at, int count) {
        toLongs(source, offset, longs, 0, count);
        if (unsignedLongs) {
            for (int i = 0; i < count; i++) {
                target[at + i] = Rounding.unsignedToDouble(longs[i]);
            }
        } else {
            for (int i = 0; i < count; i++) {
                target[at + i] = longs[i];
            }
        }
    }

    @Override
    public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
        toLongs(source, offset, longs, 0, count);
        if (unsignedLongs) {
            for (int i = 0; i < count; i++) {
                target[at + i] = Rounding.unsignedToFloat(longs[i]);
            }
        } else {
            for (int i = 0; i < count; i++) {
                target[at + i] = longs[i];
            }
        }
    }

    @Override
    public void fromLongs(long[] source, int count, MemorySegment target, long offset) {
        switch (bits) {
            case 64 -> MemorySegment.copy(source, 0, target, Segments.LE_I64, offset, count);
            case 32 -> {
                for (int i = 0; i < count; i++) {
                    ints[i] = (int) source[i];
                }
                MemorySegment.copy(ints, 0, target, Segments.LE_I32, offset, count);
            }
            case 16 -> {
                for (int i = 0; i < count; i++) {
                    shorts[i] = (short) source[i];
                }
                MemorySegment.copy(shorts, 0, target, Segments.LE_I16, offset, count);
            }
            default -> {
                narrow(source, count);
                packing.pack(bytes, count, target, offset);
            }
        }
    }

    /// To one byte each.
    private void narrow(long[] source, int count) {
        if (kind == Kind.BOOL) {
            for (int i = 0; i < count; i++) {
                bytes[i] = (byte) ((source[i] | -source[i]) >>> 63);
            }
        } else {
            int mask = (1 << bits) - 1;
            for (int i = 0; i < count; i++) {
                bytes[i] = (byte) (source[i] & mask);
            }
        }
    }

    @Override
    public void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
        if (kind == Kind.BOOL) {
            // The bits below the sign are zero for zeros only.
            for (int i = 0; i < count; i++) {
                longs[i] = Float.floatToRawIntBits(source[at + i]) & 0x7FFF_FFFF;
            }
        } else if (unsignedLongs) {
            for (int i = 0; i < count; i++) {
                longs[i] = unsigned(source[at + i]);
            }
        } else {
            for (int i = 0; i < count; i++) {
                longs[i] = (long) source[at + i];
            }
            clamp(count);
        }
        fromLongs(longs, count, target, offset);
    }

    @Override
    public void fromDoubles(double[] source, int count, MemorySegment target, long offset) {
        if (kind == Kind.BOOL) {
            for (int i = 0; i < count; i++) {
                longs[i] = Double.doubleToRawLongBits(source[i]) & Long.MAX_VALUE;
            }
        } else if (unsignedLongs) {
            for (int i = 0; i < count; i++) {
                longs[i] = unsigned(source[i]);
            }
        } else {
            for (int i = 0; i < count; i++) {
                longs[i] = (long) source[i];
            }
            clamp(count);
        }
        fromLongs(longs, count, target, offset);
    }

    private void clamp(int count) {
        for (int i = 0; i < count; i++) {
            longs[i] = Math.max(smallest, Math.min(largest, longs[i]));
        }
    }

    /// Also of numbers beyond the largest `long`.
    private static long unsigned(double value) {
        if (!(value >= TWO_63)) {
            return Math.max(0, (long) value);
        }
        return value >= 2 * TWO_63 ? -1 : (long) (value - TWO_63) ^ Long.MIN_VALUE;
    }
}
