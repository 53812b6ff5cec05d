package dev.modelfile.internal.convert;

import dev.modelfile.DType;
import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;
import java.lang.foreign.MemorySegment;

/// Converts a run of elements between two types. Keeps scratch memory, so one thread uses it at a time.
interface Converter {

    /// Converts `count` elements: whole blocks of both types, or a tail of sub-byte elements at the end of a tensor.
    void convert(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, int count);

    /// Finds the conversion.
    ///
    /// @param row elements of one row, which block types encode as a whole
    /// @param longest the most elements that are converted at once: what its memory is for, 0 just to ask
    /// @throws IllegalArgumentException if there is none
    static Converter of(DType from, DType to, int row, int longest) {
        if (from instanceof OpaqueType || to instanceof OpaqueType) {
            throw new IllegalArgumentException(from.name() + " cannot be converted to " + to.name());
        }
        if (from instanceof ScalarType a && to instanceof ScalarType b) {
            return a.kind() == Kind.COMPLEX || b.kind() == Kind.COMPLEX ? complex(a, b, longest) : real(a, b, longest);
        }
        if (from instanceof ScalarType a && a.kind() == Kind.COMPLEX
                || to instanceof ScalarType b && b.kind() == Kind.COMPLEX) {
            throw new IllegalArgumentException(
                    "there is no conversion between blocks and complex numbers: " + from.name() + " to " + to.name());
        }
        return new BlockConverter(from, to, row);
    }

    private static Converter real(ScalarType from, ScalarType to, int longest) {
        boolean small = to.kind() == Kind.FLOAT && to.bits() <= 8;
        if (from == ScalarType.BF16 && small && longest >= SmallFloats.WORTH_A_TABLE) {
            return new BrainConverter(to);
        }
        Converter exact = ScalarConverter.of(from, to, longest);
        boolean table = from.bits() <= 8 && to.bits() <= 16 && longest >= ScalarCodec.STEP;
        return table ? new TableConverter(from, to, exact) : exact;
    }

    private static Converter complex(ScalarType from, ScalarType to, int longest) {
        if (to.kind() != Kind.COMPLEX) {
            throw new IllegalArgumentException(from.name() + " to " + to.name() + " would drop the imaginary part");
        }
        ScalarType part = to == ScalarType.C64 ? ScalarType.F32 : ScalarType.F64;
        if (from.kind() == Kind.COMPLEX) {
            Converter parts = real(
                    from == ScalarType.C64 ? ScalarType.F32 : ScalarType.F64, part, Math.multiplyExact(2, longest));
            return (source, at, target, to2, count) ->
                    parts.convert(source, at, target, to2, Math.multiplyExact(2, count));
        }
        return new RealToComplex(real(from, part, longest), part.blockBytes());
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
}
