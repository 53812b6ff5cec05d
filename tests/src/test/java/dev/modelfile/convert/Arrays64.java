package dev.modelfile.convert;

import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.spi.TensorData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Codes of elements as numbers, one in each long, and the conversions under test applied to them.
final class Arrays64 {
    private Arrays64() {}

    /// Little-endian unsigned numbers of a golden file.
    static long[] golden(String file, int bytesEach) throws IOException {
        byte[] bytes = Fixtures.bytes("convert/" + file);
        long[] codes = new long[bytes.length / bytesEach];
        for (int i = 0; i < bytes.length; i++) {
            codes[i / bytesEach] |= (bytes[i] & 0xFFL) << 8 * (i % bytesEach);
        }
        return codes;
    }

    /// Codes packed as a tensor of the type stores them, the first in the lowest bits.
    static byte[] pack(ScalarType type, long... codes) {
        byte[] bytes = new byte[Math.toIntExact(type.byteSize(codes.length))];
        for (int i = 0; i < codes.length; i++) {
            for (int b = 0; b < Math.min(64, type.bits()); b++) {
                long bit = (long) i * type.bits() + b;
                bytes[(int) (bit / 8)] |= (byte) ((codes[i] >>> b & 1) << bit % 8);
            }
        }
        return bytes;
    }

    /// The codes of a packed tensor.
    static long[] unpack(ScalarType type, byte[] bytes, int count) {
        long[] codes = new long[count];
        for (int i = 0; i < count; i++) {
            for (int b = 0; b < Math.min(64, type.bits()); b++) {
                long bit = (long) i * type.bits() + b;
                codes[i] |= (bytes[(int) (bit / 8)] >>> bit % 8 & 1L) << b;
            }
        }
        return codes;
    }

    /// A tensor in memory.
    static Tensor tensor(ScalarType type, byte[] packed, int count) {
        return new Tensor("t", type, Shape.of(count), TensorData.of(MemorySegment.ofArray(packed)));
    }

    /// All bytes that a source writes.
    static byte[] bytes(TensorSource source) throws IOException {
        var out = new ByteArrayOutputStream();
        source.writeTo(piece -> out.writeBytes(piece.toArray(ValueLayout.JAVA_BYTE)));
        return out.toByteArray();
    }

    /// Codes converted while written.
    static long[] convert(ScalarType from, ScalarType to, long... codes) throws IOException {
        Tensor source = tensor(from, pack(from, codes), codes.length);
        return unpack(to, bytes(source.as(to)), codes.length);
    }

    /// Whether a code is a NaN of a type that has several.
    static boolean isNan(ScalarType type, long code) {
        return switch (type) {
            case F64 -> (code & Long.MAX_VALUE) > 0x7FF0_0000_0000_0000L;
            case F32 -> (code & 0x7FFF_FFFF) > 0x7F80_0000;
            case F16 -> (code & 0x7FFF) > 0x7C00;
            case BF16 -> (code & 0x7FFF) > 0x7F80;
            case F8_E5M2 -> (code & 0x7F) > 0x7C;
            default -> false;
        };
    }

    /// A code with every NaN of one sign made the same, for types that have several.
    static long canonical(ScalarType type, long code) {
        long sign = 1L << (type.bits() - 1);
        return isNan(type, code) ? code & sign | sign - 1 : code;
    }
}
