package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Floats of at most eight bits: decoded through a table of all codes.
final class SmallFloats implements ScalarCodec {
    private final Packing packing;
    private final float[] values;
    private final ScalarType type;

    SmallFloats(ScalarType type) {
        this.type = type;
        this.packing = new Packing(type.bits());
        this.values = type == ScalarType.F8_E8M0
                ? PowerOfTwo.table()
                : MiniFloat.of(type).table();
    }

    @Override
    public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
        for (int i = 0; i < count; i++) {
            target[at + i] = values[packing.get(source, offset, i)];
        }
    }

    @Override
    public void toDoubles(MemorySegment source, long offset, double[] target, int at, int count) {
        for (int i = 0; i < count; i++) {
            target[at + i] = values[packing.get(source, offset, i)];
        }
    }

    @Override
    public void toLongs(MemorySegment source, long offset, long[] target, int at, int count) {
        for (int i = 0; i < count; i++) {
            target[at + i] = (long) values[packing.get(source, offset, i)];
        }
    }

    @Override
    public void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
        if (type == ScalarType.F8_E8M0) {
            ScalarCodec.super.fromFloats(source, at, count, target, offset);
            return;
        }
        MiniFloat format = MiniFloat.of(type);
        if (type.bits() == 8) {
            for (int i = 0; i < count; i++) {
                target.set(ValueLayout.JAVA_BYTE, offset + i, (byte) format.encode(source[at + i]));
            }
            return;
        }
        packing.clear(target, offset, count);
        for (int i = 0; i < count; i++) {
            packing.put(target, offset, i, format.encode(source[at + i]));
        }
    }

    @Override
    public void fromDoubles(double[] source, int at, int count, MemorySegment target, long offset) {
        MiniFloat format = type == ScalarType.F8_E8M0 ? null : MiniFloat.of(type);
        packing.clear(target, offset, count);
        for (int i = 0; i < count; i++) {
            double value = source[at + i];
            packing.put(target, offset, i, format == null ? PowerOfTwo.encode(value) : format.encode(value));
        }
    }

    @Override
    public void fromLongs(long[] source, int at, int count, MemorySegment target, long offset) {
        throw new IllegalStateException("integers go to small floats through doubles");
    }
}
