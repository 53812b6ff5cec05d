package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;

/// From a type of at most 8 bits to one of at most 16, through a table of what another converter makes of every code.
final class TableConverter implements Converter {
    private static final int STEP = ScalarCodec.STEP;

    private final ScalarType from;
    private final ScalarType to;
    private final Packing reading;
    private final Packing writing;
    private final byte[] codes = new byte[STEP];
    private final short[] wide;
    private final short[] table;

    TableConverter(ScalarType from, ScalarType to, Converter exact) {
        this.from = from;
        this.to = to;
        this.reading = new Packing(from.bits(), STEP);
        this.writing = new Packing(Math.min(8, to.bits()), STEP);
        this.wide = new short[to.bits() == 16 ? STEP : 0];
        this.table = table(exact);
    }

    @Override
    public void convert(MemorySegment source, long at, MemorySegment target, long out, int count) {
        for (int done = 0; done < count; done += STEP) {
            step(source, at + from.byteSize(done), target, out + to.byteSize(done), Math.min(STEP, count - done));
        }
    }

    private void step(MemorySegment source, long at, MemorySegment target, long out, int count) {
        reading.unpack(source, at, codes, count);
        if (wide.length > 0) {
            for (int i = 0; i < count; i++) {
                wide[i] = table[codes[i] & 0xFF];
            }
            MemorySegment.copy(wide, 0, target, Segments.LE_I16, out, count);
        } else {
            for (int i = 0; i < count; i++) {
                codes[i] = (byte) table[codes[i] & 0xFF];
            }
            writing.pack(codes, count, target, out);
        }
    }

    private short[] table(Converter exact) {
        byte[] every = new byte[1 << from.bits()];
        for (int i = 0; i < every.length; i++) {
            every[i] = (byte) i;
        }
        MemorySegment packed = MemorySegment.ofArray(new byte[(int) from.byteSize(every.length)]);
        reading.pack(every, every.length, packed, 0);
        MemorySegment converted = MemorySegment.ofArray(new byte[(int) to.byteSize(every.length)]);
        exact.convert(packed, 0, converted, 0, every.length);
        short[] values = new short[256];
        if (wide.length > 0) {
            MemorySegment.copy(converted, Segments.LE_I16, 0, values, 0, every.length);
            return values;
        }
        writing.unpack(converted, 0, every, every.length);
        for (int i = 0; i < every.length; i++) {
            values[i] = every[i];
        }
        return values;
    }
}
