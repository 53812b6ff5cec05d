package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;

/// F16 and BF16.
final class HalfFloats implements ScalarCodec {
    private static final int BF16_QUIET_NAN = 0x7FC0;

    private final boolean brain;
    private final MiniFloat format;

    HalfFloats(ScalarType type) {
        this.brain = type == ScalarType.BF16;
        this.format = MiniFloat.of(type);
    }

    @Override
    public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
        if (brain) {
            for (int i = 0; i < count; i++) {
                target[at + i] = Float.intBitsToFloat(source.get(Segments.LE_I16, offset + 2L * i) << 16);
            }
        } else {
            for (int i = 0; i < count; i++) {
                target[at + i] = Float.float16ToFloat(source.get(Segments.LE_I16, offset + 2L * i));
            }
        }
    }

    private float one(MemorySegment source, long offset) {
        short bits = source.get(Segments.LE_I16, offset);
        return brain ? Float.intBitsToFloat(bits << 16) : Float.float16ToFloat(bits);
    }

    @Override
    public void toDoubles(MemorySegment source, long offset, double[] target, int at, int count) {
        for (int i = 0; i < count; i++) {
            target[at + i] = one(source, offset + 2L * i);
        }
    }

    @Override
    public void toLongs(MemorySegment source, long offset, long[] target, int at, int count) {
        for (int i = 0; i < count; i++) {
            target[at + i] = (long) one(source, offset + 2L * i);
        }
    }

    @Override
    public void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
        if (brain) {
            for (int i = 0; i < count; i++) {
                target.set(Segments.LE_I16, offset + 2L * i, brain(source[at + i]));
            }
        } else {
            for (int i = 0; i < count; i++) {
                target.set(Segments.LE_I16, offset + 2L * i, Float.floatToFloat16(source[at + i]));
            }
        }
    }

    /// The upper half of a float, rounded to nearest even; every NaN becomes the quiet one with its sign.
    private static short brain(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (value != value) {
            return (short) (bits >>> 16 & 0x8000 | BF16_QUIET_NAN);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }

    @Override
    public void fromDoubles(double[] source, int at, int count, MemorySegment target, long offset) {
        for (int i = 0; i < count; i++) {
            target.set(Segments.LE_I16, offset + 2L * i, (short) format.encode(source[at + i]));
        }
    }

    @Override
    public void fromLongs(long[] source, int at, int count, MemorySegment target, long offset) {
        throw new IllegalStateException("integers go to small floats through doubles");
    }
}
