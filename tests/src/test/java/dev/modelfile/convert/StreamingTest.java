package dev.modelfile.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Conversions over more than a chunk of 65,536 elements, from pieces of any size.
final class StreamingTest {
    /// Three chunks and a tail that fills no byte of any sub-byte type.
    private static final int ELEMENTS = 3 * 65_536 + 4_097;

    private static TensorSource pieces(ScalarType type, byte[] bytes, int elements, int piece) {
        return TensorSource.deferred("pieces", type, Shape.of(elements), sink -> {
            for (int at = 0; at < bytes.length; at += piece) {
                sink.write(MemorySegment.ofArray(bytes).asSlice(at, Math.min(piece, bytes.length - at)));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> piecesDoNotMatter() {
        return Arrays.stream(ScalarType.values())
                .filter(type -> type.kind() != Kind.COMPLEX)
                .map(type -> dynamicTest(type.name(), () -> {
                    byte[] bytes = new byte[Math.toIntExact(type.byteSize(ELEMENTS))];
                    new Random(type.ordinal()).nextBytes(bytes);
                    Tensor tensor = Arrays64.tensor(type, bytes, ELEMENTS);
                    float[] expected = tensor.toFloatArray();
                    for (int piece : new int[] {37, 65_536, 100_003, bytes.length}) {
                        byte[] floats = Arrays64.bytes(
                                pieces(type, bytes, ELEMENTS, piece).as(ScalarType.F32));
                        float[] found = Arrays64.tensor(ScalarType.F32, floats, ELEMENTS)
                                .toFloatArray();
                        assertArrayEquals(expected, found);
                    }
                    // And back into a packed type, across the same boundaries.
                    byte[] back = Arrays64.bytes(
                            Arrays64.tensor(ScalarType.F32, Arrays64.bytes(tensor.as(ScalarType.F32)), ELEMENTS)
                                    .as(ScalarType.U2));
                    long[] codes = Arrays64.unpack(ScalarType.U2, back, ELEMENTS);
                    for (int i = 0; i < ELEMENTS; i++) {
                        assertEquals((long) Math.clamp(expected[i], 0f, 3f), codes[i]);
                    }
                }));
    }

    @Test
    void oddCountsArePaddedWithZeros() throws IOException {
        for (ScalarType type : ScalarType.values()) {
            if (!type.isSubByte()) {
                continue;
            }
            for (int count = 0; count <= 9; count++) {
                long[] codes = new long[count];
                Arrays.fill(codes, (1L << type.bits()) - 1);
                byte[] packed = Arrays64.pack(type, codes);
                assertEquals((count * type.bits() + 7) / 8, packed.length);
                byte[] again = Arrays64.bytes(Arrays64.tensor(
                                ScalarType.F64,
                                Arrays64.bytes(
                                        Arrays64.tensor(type, packed, count).as(ScalarType.F64)),
                                count)
                        .as(type));
                assertArrayEquals(packed, again, type + " " + count);
            }
        }
    }

    @Test
    void sourcesThatLieAreRefused() {
        byte[] bytes = new byte[4 * ELEMENTS];
        for (int wrong :
                new int[] {0, 1, 3, 4, bytes.length - 4, bytes.length - 1, bytes.length + 1, bytes.length + 4}) {
            for (int piece : new int[] {999, 1 << 18, 1 << 30}) {
                TensorSource lying = pieces(ScalarType.F32, Arrays.copyOf(bytes, wrong), ELEMENTS, piece);
                IOException refused = assertThrows(
                        IOException.class,
                        () -> Arrays64.bytes(lying.as(ScalarType.F16)),
                        () -> wrong + " bytes in pieces of " + piece);
                assertTrue(String.valueOf(refused.getMessage()).contains("pieces"), refused::getMessage);
            }
        }
    }

    @Test
    void emptyTensorsConvert() throws IOException {
        for (ScalarType type : ScalarType.values()) {
            TensorSource empty =
                    TensorSource.of("none", ScalarType.I32, Shape.of(3, 0), MemorySegment.ofArray(new byte[0]));
            TensorSource converted = empty.as(type);
            assertEquals(type, converted.dtype());
            assertEquals(0, converted.byteSize());
            assertEquals(0, Arrays64.bytes(converted).length);
        }
    }

    @Test
    void conversionsDoNotReadUntilWritten() {
        TensorSource never = TensorSource.deferred("never", ScalarType.F32, Shape.of(1L << 40), sink -> {
            throw new AssertionError("read too early");
        });
        TensorSource converted = never.as(ScalarType.F16).named("other");
        assertEquals(2L << 40, converted.byteSize());
        assertEquals("other", converted.name());
    }
}
