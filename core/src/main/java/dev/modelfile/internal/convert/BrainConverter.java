package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;

/// From BF16 to floats of at most 8 bits, through the table that [SmallFloats] encodes with.
final class BrainConverter implements Converter {
    private static final int STEP = ScalarCodec.STEP;

    private final byte[] table;
    private final Packing packing;
    private final int bits;
    private final short[] halves = new short[STEP];
    private final byte[] codes = new byte[STEP];

    BrainConverter(ScalarType to) {
        this.table = SmallFloat.of(to).codes();
        this.packing = new Packing(to.bits(), STEP);
        this.bits = to.bits();
    }

    @Override
    public void convert(MemorySegment source, long from, MemorySegment target, long to, int count) {
        for (int done = 0; done < count; done += STEP) {
            int n = Math.min(STEP, count - done);
            MemorySegment.copy(source, Segments.LE_I16, from + 2L * done, halves, 0, n);
            for (int i = 0; i < n; i++) {
                codes[i] = table[halves[i] & 0xFFFF];
            }
            packing.pack(codes, n, target, to + (long) done * bits / 8);
        }
    }
}
