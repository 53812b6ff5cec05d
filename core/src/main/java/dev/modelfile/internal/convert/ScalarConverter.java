package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;
import java.lang.foreign.MemorySegment;

/// Converts between scalar types, step by step, by way of a form that holds every element of the source.
abstract class ScalarConverter implements Converter {
    private static final int STEP = ScalarCodec.STEP;

    final ScalarCodec reader;
    final ScalarCodec writer;
    private final long sourceStep;
    private final long targetStep;

    private ScalarConverter(ScalarType from, ScalarType to, int longest) {
        this.reader = ScalarCodec.of(from, longest);
        this.writer = ScalarCodec.of(to, longest);
        this.sourceStep = from.byteSize(STEP);
        this.targetStep = to.byteSize(STEP);
    }

    /// Finds the form whose rounding is the only one.
    static Converter of(ScalarType from, ScalarType to, int longest) {
        boolean integer = from.kind() != Kind.FLOAT;
        if (integer && to.kind() != Kind.FLOAT) {
            return new ViaLongs(from, to, longest);
        }
        boolean exactAsFloat = from.bits() <= (integer ? 16 : 32);
        if (exactAsFloat || to == ScalarType.F32) {
            return new ViaFloats(from, to, longest);
        }
        return integer && from.bits() == 64 && to != ScalarType.F64
                ? new ViaSticky(from, to, longest)
                : new ViaDoubles(from, to, longest);
    }

    @Override
    public final void convert(MemorySegment source, long from, MemorySegment target, long to, int count) {
        for (int done = 0; done < count; done += STEP) {
            step(source, from, target, to, Math.min(STEP, count - done));
            from += sourceStep;
            to += targetStep;
        }
    }

    abstract void step(MemorySegment source, long from, MemorySegment target, long to, int count);

    /// From what floats hold; or to F32, which has the rounding in the first half.
    private static final class ViaFloats extends ScalarConverter {
        private final float[] floats;

        ViaFloats(ScalarType from, ScalarType to, int longest) {
            super(from, to, longest);
            this.floats = new float[ScalarCodec.room(longest)];
        }

        @Override
        void step(MemorySegment source, long from, MemorySegment target, long to, int count) {
            reader.toFloats(source, from, floats, 0, count);
            writer.fromFloats(floats, 0, count, target, to);
        }
    }

    /// From F64 and integers of 32 bits.
    private static final class ViaDoubles extends ScalarConverter {
        private final double[] doubles;

        ViaDoubles(ScalarType from, ScalarType to, int longest) {
            super(from, to, longest);
            this.doubles = new double[ScalarCodec.room(longest)];
        }

        @Override
        void step(MemorySegment source, long from, MemorySegment target, long to, int count) {
            reader.toDoubles(source, from, doubles, 0, count);
            writer.fromDoubles(doubles, count, target, to);
        }
    }

    /// Integers to integers.
    private static final class ViaLongs extends ScalarConverter {
        private final long[] longs;

        ViaLongs(ScalarType from, ScalarType to, int longest) {
            super(from, to, longest);
            this.longs = new long[ScalarCodec.room(longest)];
        }

        @Override
        void step(MemorySegment source, long from, MemorySegment target, long to, int count) {
            reader.toLongs(source, from, longs, 0, count);
            writer.fromLongs(longs, count, target, to);
        }
    }

    /// 64-bit integers to floats narrower than F32.
    private static final class ViaSticky extends ScalarConverter {
        private final long[] longs;
        private final double[] doubles;
        private final boolean unsigned;

        ViaSticky(ScalarType from, ScalarType to, int longest) {
            super(from, to, longest);
            this.longs = new long[ScalarCodec.room(longest)];
            this.doubles = new double[ScalarCodec.room(longest)];
            this.unsigned = from == ScalarType.U64;
        }

        @Override
        void step(MemorySegment source, long from, MemorySegment target, long to, int count) {
            reader.toLongs(source, from, longs, 0, count);
            Rounding.stickyDoubles(longs, doubles, count, unsigned);
            writer.fromDoubles(doubles, count, target, to);
        }
    }
}
