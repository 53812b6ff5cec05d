package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import java.lang.foreign.MemorySegment;

/// Floats of at most eight bits: decoded and encoded through tables.
final class SmallFloats extends NarrowFloats {
    /// Encoding fewer elements than this is not worth a table.
    static final int WORTH_A_TABLE = 8 * STEP;

    private final SmallFloat format;
    private final Packing packing;
    private final float[] values;
    private final byte[] small;
    private int encoded;

    SmallFloats(ScalarType type, int room) {
        super(room);
        this.small = new byte[room];
        this.format = SmallFloat.of(type);
        this.packing = new Packing(type.bits(), room);
        this.values = format.values();
    }

    @Override
    public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
        packing.unpack(source, offset, small, count);
        for (int i = 0; i < count; i++) {
            target[at + i] = values[small[i] & 0xFF];
        }
    }

    @Override
    public void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
        if (encoded < WORTH_A_TABLE) {
            encoded += count;
            for (int i = 0; i < count; i++) {
                small[i] = (byte) format.encode(source[at + i]);
            }
        } else {
            encode(takePairs(source, at, count), format.codes());
        }
        packing.pack(small, count, target, offset);
    }

    private void encode(int length, byte[] table) {
        for (int i = 0; i < length; i++) {
            codes[i] = Rounding.stickyHalves(pairs[i] >>> FIRST, pairs[i] >>> SECOND);
        }
        for (int i = 0; i < length; i++) {
            small[2 * i] = table[codes[i] & 0xFFFF];
            small[2 * i + 1] = table[codes[i] >>> 16];
        }
    }
}
