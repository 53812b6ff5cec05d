package dev.modelfile.internal.convert;

import dev.modelfile.BlockType;
import dev.modelfile.DType;
import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Converts a run of elements between two types. Keeps scratch memory, so one thread uses it at a time.
interface Converter {

    /// Converts `count` elements: whole blocks of both types, or a tail of sub-byte elements at the end of a tensor.
    void convert(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, int count);

    /// Finds the conversion.
    ///
    /// @param row elements of one row, which block types encode as a whole
    /// @throws IllegalArgumentException if there is none
    static Converter of(DType from, DType to, int row) {
        if (from instanceof OpaqueType || to instanceof OpaqueType) {
            throw new IllegalArgumentException(from.name() + " cannot be converted to " + to.name());
        }
        if (from instanceof ScalarType a && to instanceof ScalarType b) {
            return scalar(a, b);
        }
        if (from instanceof ScalarType a && a.kind() == Kind.COMPLEX
                || to instanceof ScalarType b && b.kind() == Kind.COMPLEX) {
            throw new IllegalArgumentException(
                    "there is no conversion between blocks and complex numbers: " + from.name() + " to " + to.name());
        }
        return new Blocks(from, to, row);
    }

    private static Converter scalar(ScalarType from, ScalarType to) {
        if (from.kind() == Kind.COMPLEX || to.kind() == Kind.COMPLEX) {
            return complex(from, to);
        }
        ScalarCodec reader = ScalarCodec.of(from);
        ScalarCodec writer = ScalarCodec.of(to);
        if (from.kind() == Kind.FLOAT) {
            return from.bits() <= 32 && to.kind() == Kind.FLOAT
                    ? new ViaFloats(reader, writer)
                    : new ViaDoubles(reader, writer);
        }
        if (to.kind() != Kind.FLOAT) {
            return new ViaLongs(reader, writer);
        }
        return from.bits() == 64 && to != ScalarType.F64
                ? new ViaSticky(reader, writer, from == ScalarType.U64)
                : new ViaDoubles(reader, writer);
    }

    private static Converter complex(ScalarType from, ScalarType to) {
        if (to.kind() != Kind.COMPLEX) {
            throw new IllegalArgumentException(from.name() + " to " + to.name() + " would drop the imaginary part");
        }
        ScalarType part = to == ScalarType.C64 ? ScalarType.F32 : ScalarType.F64;
        if (from.kind() == Kind.COMPLEX) {
            Converter parts = scalar(from == ScalarType.C64 ? ScalarType.F32 : ScalarType.F64, part);
            return (source, at, target, to2, count) ->
                    parts.convert(source, at, target, to2, Math.multiplyExact(2, count));
        }
        return new RealToComplex(scalar(from, part), part.blockBytes());
    }

    /// Grows scratch memory; it settles at the size of a chunk.
    private static double[] room(double[] scratch, int count) {
        return scratch.length >= count ? scratch : new double[count];
    }

    /// Exact for float types of at most 32 bits.
    final class ViaFloats implements Converter {
        private final ScalarCodec reader;
        private final ScalarCodec writer;
        private float[] scratch = new float[0];

        ViaFloats(ScalarCodec reader, ScalarCodec writer) {
            this.reader = reader;
            this.writer = writer;
        }

        @Override
        public void convert(MemorySegment source, long from, MemorySegment target, long to, int count) {
            if (scratch.length < count) {
                scratch = new float[count];
            }
            reader.toFloats(source, from, scratch, 0, count);
            writer.fromFloats(scratch, 0, count, target, to);
        }
    }

    /// Exact for all floats and for integers of at most 32 bits.
    final class ViaDoubles implements Converter {
        private final ScalarCodec reader;
        private final ScalarCodec writer;
        private double[] scratch = new double[0];

        ViaDoubles(ScalarCodec reader, ScalarCodec writer) {
            this.reader = reader;
            this.writer = writer;
        }

        @Override
        public void convert(MemorySegment source, long from, MemorySegment target, long to, int count) {
            scratch = room(scratch, count);
            reader.toDoubles(source, from, scratch, 0, count);
            writer.fromDoubles(scratch, 0, count, target, to);
        }
    }

    /// Integers to integers.
    final class ViaLongs implements Converter {
        private final ScalarCodec reader;
        private final ScalarCodec writer;
        private long[] scratch = new long[0];

        ViaLongs(ScalarCodec reader, ScalarCodec writer) {
            this.reader = reader;
            this.writer = writer;
        }

        @Override
        public void convert(MemorySegment source, long from, MemorySegment target, long to, int count) {
            if (scratch.length < count) {
                scratch = new long[count];
            }
            reader.toLongs(source, from, scratch, 0, count);
            writer.fromLongs(scratch, 0, count, target, to);
        }
    }

    /// 64-bit integers to narrower floats, without rounding twice.
    final class ViaSticky implements Converter {
        private final ScalarCodec reader;
        private final ScalarCodec writer;
        private final boolean unsigned;
        private long[] exact = new long[0];
        private double[] scratch = new double[0];

        ViaSticky(ScalarCodec reader, ScalarCodec writer, boolean unsigned) {
            this.reader = reader;
            this.writer = writer;
            this.unsigned = unsigned;
        }

        @Override
        public void convert(MemorySegment source, long from, MemorySegment target, long to, int count) {
            if (exact.length < count) {
                exact = new long[count];
            }
            scratch = room(scratch, count);
            reader.toLongs(source, from, exact, 0, count);
            for (int i = 0; i < count; i++) {
                scratch[i] = Rounding.sticky(exact[i], unsigned);
            }
            writer.fromDoubles(scratch, 0, count, target, to);
        }
    }

    /// Real numbers with a zero imaginary part behind each.
    final class RealToComplex implements Converter {
        private final Converter real;
        private final int partBytes;

        RealToComplex(Converter real, int partBytes) {
            this.real = real;
            this.partBytes = partBytes;
        }

        @Override
        public void convert(MemorySegment source, long from, MemorySegment target, long to, int count) {
            MemorySegment parts = MemorySegment.ofArray(new byte[Math.multiplyExact(count, partBytes)]);
            real.convert(source, from, parts, 0, count);
            target.asSlice(to, 2L * partBytes * count).fill((byte) 0);
            for (int i = 0; i < count; i++) {
                MemorySegment.copy(parts, (long) i * partBytes, target, to + 2L * partBytes * i, partBytes);
            }
        }
    }

    /// From or to blocks, by way of floats; rows are encoded whole.
    final class Blocks implements Converter {
        private final DType from;
        private final DType to;
        private final int row;
        private final @Nullable ScalarCodec reader;
        private final @Nullable ScalarCodec writer;
        private float[] scratch = new float[0];

        Blocks(DType from, DType to, int row) {
            if (from instanceof BlockType block && !block.canDecode()) {
                throw new IllegalArgumentException(from.name() + " cannot be decoded");
            }
            if (to instanceof BlockType block && !block.canEncode()) {
                throw new IllegalArgumentException(to.name() + " cannot be encoded");
            }
            this.from = from;
            this.to = to;
            this.row = row;
            this.reader = from instanceof ScalarType type ? ScalarCodec.of(type) : null;
            this.writer = to instanceof ScalarType type ? ScalarCodec.of(type) : null;
        }

        @Override
        public void convert(MemorySegment source, long at, MemorySegment target, long out, int count) {
            if (scratch.length < count) {
                scratch = new float[count];
            }
            if (reader != null) {
                reader.toFloats(source, at, scratch, 0, count);
            } else {
                ((BlockType) from).decode(source, at, scratch, 0, count);
            }
            if (writer != null) {
                writer.fromFloats(scratch, 0, count, target, out);
                return;
            }
            long rowBytes = (long) (row / to.blockElements()) * to.blockBytes();
            for (int i = 0; i < count / row; i++) {
                ((BlockType) to).encode(scratch, i * row, row, null, target, out + i * rowBytes);
            }
        }
    }
}
