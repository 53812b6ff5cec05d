package dev.modelfile.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.UnsupportedModelException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Every pair of scalar types: the conversion is there and right to the bit, or refused.
final class AllPairsTest {
    private static final int RANDOM = 400;

    private static List<ScalarType> real() {
        return Arrays.stream(ScalarType.values())
                .filter(type -> type.kind() != Kind.COMPLEX)
                .toList();
    }

    /// All codes of narrow types; edges, random bits, and moderate numbers of the others.
    private static long[] codes(ScalarType type) {
        int bits = type.bits();
        if (bits <= 8) {
            long[] all = new long[1 << bits];
            for (int i = 0; i < all.length; i++) {
                all[i] = i;
            }
            return all;
        }
        long mask = bits == 64 ? -1 : (1L << bits) - 1;
        Random random = new Random(type.ordinal());
        long[] codes = new long[2 * RANDOM + 7 * bits];
        for (int i = 0; i < RANDOM; i++) {
            codes[i] = random.nextLong() & mask;
            double moderate = random.nextGaussian() * Math.pow(2, random.nextInt(40) - 20);
            codes[RANDOM + i] = code(type, moderate) & mask;
        }
        for (int i = 0; i < bits; i++) {
            codes[2 * RANDOM + 4 * i] = 1L << i;
            codes[2 * RANDOM + 4 * i + 1] = (1L << i) - 1;
            codes[2 * RANDOM + 4 * i + 2] = -(1L << i) & mask;
            codes[2 * RANDOM + 4 * i + 3] = (1L << i) + 1 & mask;
            // Halfway between two floats or doubles, and just beside it.
            for (int beside = -1; beside <= 1; beside++) {
                codes[2 * RANDOM + 4 * bits + 3 * i + 1 + beside] = (1L << bits - 1 | 1L << i) + beside & mask;
            }
        }
        return codes;
    }

    private static long code(ScalarType type, double value) {
        return switch (type) {
            case F64 -> Double.doubleToRawLongBits(value);
            case F32 -> Float.floatToRawIntBits((float) value);
            case F16 -> Float.floatToFloat16((float) value);
            case BF16 -> Float.floatToRawIntBits((float) value) >>> 16;
            default -> (long) value;
        };
    }

    @TestFactory
    Stream<DynamicTest> realNumbers() {
        return real().stream()
                .map(from -> dynamicTest(from.name(), () -> {
                    long[] codes = codes(from);
                    for (ScalarType to : real()) {
                        long[] found = Arrays64.convert(from, to, codes);
                        for (int i = 0; i < codes.length; i++) {
                            // Between equal types nothing is touched, whatever the bits are.
                            long expected = from == to ? codes[i] : ExactReference.convert(from, to, codes[i]);
                            long actual = from == to ? found[i] : Arrays64.canonical(to, found[i]);
                            if (expected != actual) {
                                assertEquals(
                                        Long.toHexString(expected),
                                        Long.toHexString(actual),
                                        from + " " + Long.toHexString(codes[i]) + " to " + to);
                            }
                        }
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> arraysAgree() {
        return real().stream()
                .map(type -> dynamicTest(type.name(), () -> {
                    long[] codes = codes(type);
                    Tensor tensor = Arrays64.tensor(type, Arrays64.pack(type, codes), codes.length);
                    float[] floats = tensor.toFloatArray();
                    double[] doubles = tensor.toDoubleArray();
                    long[] longs = tensor.toLongArray();
                    for (int i = 0; i < codes.length; i++) {
                        var number = ExactReference.decode(type, codes[i]);
                        assertBits(ScalarType.F32, number, Float.floatToRawIntBits(floats[i]) & 0xFFFF_FFFFL);
                        assertBits(ScalarType.F64, number, Double.doubleToRawLongBits(doubles[i]));
                        ScalarType integer = type == ScalarType.U64 ? ScalarType.U64 : ScalarType.I64;
                        assertEquals(ExactReference.encode(integer, number), longs[i]);
                    }
                    float[] part = new float[7];
                    for (int first = 0; first + 3 <= Math.min(20, codes.length); first++) {
                        tensor.readInto(first, part, 2, 3);
                        assertArrayEquals(Arrays.copyOfRange(floats, first, first + 3), Arrays.copyOfRange(part, 2, 5));
                    }
                }));
    }

    private static void assertBits(ScalarType type, ExactReference.Num number, long bits) {
        assertEquals(ExactReference.encode(type, number), Arrays64.canonical(type, bits), number::toString);
    }

    @Test
    void complexNumbers() throws IOException {
        assertArrayEquals(
                complex(ScalarType.C128, 1.5, -0.0, 1e-50, 3),
                Arrays64.bytes(source(ScalarType.C128, 1.5, -0.0, 1e-50, 3).as(ScalarType.C128)));
        assertArrayEquals(
                complex(ScalarType.C64, 1.5, -0.0, 0, 3),
                Arrays64.bytes(source(ScalarType.C128, 1.5, -0.0, 1e-50, 3).as(ScalarType.C64)));
        assertArrayEquals(
                complex(ScalarType.C128, 1.5, -0.0, 0, 3),
                Arrays64.bytes(source(ScalarType.C64, 1.5, -0.0, 0, 3).as(ScalarType.C128)));
        for (ScalarType from : real()) {
            long[] codes = Arrays.copyOf(codes(from), 4);
            Tensor tensor = Arrays64.tensor(from, Arrays64.pack(from, codes), 4);
            for (ScalarType to : List.of(ScalarType.C64, ScalarType.C128)) {
                ScalarType part = to == ScalarType.C64 ? ScalarType.F32 : ScalarType.F64;
                long[] parts = Arrays64.unpack(part, Arrays64.bytes(tensor.as(to)), 8);
                for (int i = 0; i < 4; i++) {
                    long expected = from == part
                            ? Arrays64.canonical(part, codes[i])
                            : ExactReference.convert(from, part, codes[i]);
                    assertEquals(expected, Arrays64.canonical(part, parts[2 * i]), from + " to " + to);
                    assertEquals(0, parts[2 * i + 1]);
                }
                TensorSource back = source(to, 1, 0);
                assertThrows(IllegalArgumentException.class, () -> back.as(from), () -> to + " to " + from);
            }
        }
    }

    private static byte[] complex(ScalarType type, double... parts) {
        ScalarType part = type == ScalarType.C64 ? ScalarType.F32 : ScalarType.F64;
        long[] codes = new long[parts.length];
        for (int i = 0; i < parts.length; i++) {
            codes[i] = code(part, parts[i]);
        }
        return Arrays64.pack(part, codes);
    }

    private static TensorSource source(ScalarType type, double... parts) {
        return TensorSource.of("c", type, Shape.of(parts.length / 2), MemorySegment.ofArray(complex(type, parts)));
    }

    @Test
    void whatHasNoNumbersIsRefused() throws IOException {
        Tensor complex = new Tensor(
                "c", ScalarType.C64, Shape.of(1), dev.modelfile.spi.TensorData.of(MemorySegment.ofArray(new byte[8])));
        assertThrows(UnsupportedModelException.class, complex::toFloatArray);
        assertThrows(UnsupportedModelException.class, complex::toDoubleArray);
        assertThrows(UnsupportedModelException.class, complex::toLongArray);
        OpaqueType opaque = new OpaqueType("STRING");
        Tensor unknown = new Tensor(
                "o", opaque, Shape.of(1), dev.modelfile.spi.TensorData.of(MemorySegment.ofArray(new byte[5])));
        assertThrows(UnsupportedModelException.class, unknown::toFloatArray);
        assertThrows(IllegalArgumentException.class, () -> unknown.as(ScalarType.F32));
        assertThrows(IllegalArgumentException.class, () -> complex.as(opaque));
        assertThrows(IllegalArgumentException.class, () -> unknown.slice("0"));
        assertEquals(5, unknown.byteSize());
        assertNotEquals("", unknown.sha256());
        assertSame(unknown, unknown.as(opaque));
    }
}
