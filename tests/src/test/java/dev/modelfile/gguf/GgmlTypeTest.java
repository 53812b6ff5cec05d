package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.DType;
import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Numbers and names of the types, and what they refuse.
final class GgmlTypeTest {

    private static final Set<Integer> REMOVED = Set.of(4, 5, 31, 32, 33, 36, 37, 38);

    @Test
    void everyNumberHasAType() {
        Set<String> names = new TreeSet<>();
        for (int id = 0; id <= 42; id++) {
            DType type = GgmlType.byId(id);
            assertTrue(names.add(type.name()), type.name());
            assertEquals(Optional.of(id), GgmlType.idOf(type), type.name());
            assertEquals(REMOVED.contains(id), type instanceof OpaqueType, type.name());
            assertEquals(REMOVED.contains(id), GgmlType.removed(id).isPresent());
        }
        assertEquals(35 - 8, GgmlType.values().length);
        assertEquals(ScalarType.F32, GgmlType.byId(0));
        assertEquals(ScalarType.BF16, GgmlType.byId(30));
        assertEquals(GgmlType.Q4_K, GgmlType.byId(12));
        assertEquals("Q4_0_4_4 (removed)", GgmlType.byId(31).name());
        assertTrue(GgmlType.removed(38).orElseThrow().contains("use IQ4_NL"));
    }

    @Test
    void unknownNumbersAreCarried() {
        for (int id : new int[] {43, 99, 138, -1, Integer.MIN_VALUE}) {
            DType type = GgmlType.byId(id);
            assertEquals("GGML_" + Integer.toUnsignedString(id), type.name());
            assertEquals(Optional.of(id), GgmlType.idOf(type));
        }
        assertEquals(Optional.empty(), GgmlType.idOf(new OpaqueType("GGML_x")));
        assertEquals(Optional.empty(), GgmlType.idOf(ScalarType.U8));
    }

    @Test
    void sizesComeFromBlocks() {
        assertEquals(4096L * 4096 / 256 * 144, GgmlType.Q4_K.byteSize(Shape.of(4096, 4096)));
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> GgmlType.Q4_K.byteSize(Shape.of(4096, 100)));
        assertTrue(
                String.valueOf(e.getMessage()).contains("do not fill Q4_K blocks of 256"),
                String.valueOf(e.getMessage()));
    }

    @ParameterizedTest
    @EnumSource(GgmlType.class)
    void refusesWhatIsNotANumber(GgmlType type) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            float[] row = new float[512];
            row[300] = bad;
            refuses(type, row, 256, ones(256), "element 44 of the row");
        }
    }

    @ParameterizedTest
    @EnumSource(GgmlType.class)
    void refusesRowsThatDoNotFillBlocks(GgmlType type) {
        float[] row = new float[1000];
        int elements = type.blockElements() + 1;
        MemorySegment segment = MemorySegment.ofArray(new byte[4096]);
        assertThrows(IllegalArgumentException.class, () -> type.encode(row, 0, elements, ones(elements), segment, 0));
        assertThrows(IllegalArgumentException.class, () -> type.decode(segment, 0, row, 0, elements));
        assertThrows(IllegalArgumentException.class, () -> type.decode(segment, 0, row, 0, -type.blockElements()));
    }

    @ParameterizedTest
    @EnumSource(GgmlType.class)
    void refusesRangesThatDoNotFit(GgmlType type) {
        int n = type.blockElements();
        MemorySegment small = MemorySegment.ofArray(new byte[type.blockBytes() - 1]);
        assertThrows(IndexOutOfBoundsException.class, () -> type.decode(small, 0, new float[n], 0, n));
        assertThrows(IndexOutOfBoundsException.class, () -> type.encode(new float[n], 0, n, ones(n), small, 0));
        MemorySegment block = MemorySegment.ofArray(new byte[type.blockBytes()]);
        assertThrows(IndexOutOfBoundsException.class, () -> type.decode(block, 0, new float[n], 1, n));
        assertThrows(IndexOutOfBoundsException.class, () -> type.decode(block, 1, new float[n], 0, n));
        assertThrows(IndexOutOfBoundsException.class, () -> type.encode(new float[n], 1, n, ones(n), block, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> type.encode(new float[n], 0, n, ones(n), block, 1));
        type.decode(block, 0, new float[0], 0, 0);
        type.encode(new float[0], 0, 0, ones(0), block, 0);
    }

    @ParameterizedTest
    @EnumSource(GgmlType.class)
    void refusesBadImportance(GgmlType type) {
        float[] row = new float[512];
        refuses(type, row, 0, ones(255), "255 weights for 256 elements");
        float[] weights = ones(256);
        weights[7] = -1;
        refuses(type, row, 0, weights, "importance 7 is -1.0");
        weights[7] = Float.NaN;
        refuses(type, row, 0, weights, "importance 7 is NaN");
    }

    @Test
    void someTypesNeedImportance() {
        List<GgmlType> needing = List.of(GgmlType.values()).stream()
                .filter(GgmlType::needsImportance)
                .toList();
        assertEquals(List.of(GgmlType.IQ2_XXS, GgmlType.IQ2_XS, GgmlType.IQ1_S), needing);
        for (GgmlType type : needing) {
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class,
                    () -> type.encode(new float[256], 0, 256, null, MemorySegment.ofArray(new byte[256]), 0));
            assertTrue(
                    String.valueOf(e.getMessage()).contains("importance matrix: pass one weight per column"),
                    String.valueOf(e.getMessage()));
        }
        assertFalse(GgmlType.IQ1_M.needsImportance());
    }

    /// The tables of the grid types are made by whichever thread comes first.
    @Test
    void manyThreadsWriteTheSameBytes() throws Exception {
        float[] row = HostileRows.row(1, 0, 0);
        float[] weights = HostileRows.weights(1, 0);
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            for (GgmlType type : GgmlType.values()) {
                Callable<byte[]> task = () -> {
                    byte[] blocks = new byte[row.length / type.blockElements() * type.blockBytes()];
                    type.encode(row, 0, row.length, weights, MemorySegment.ofArray(blocks), 0);
                    return blocks;
                };
                List<Future<byte[]>> results =
                        pool.invokeAll(IntStream.range(0, 8).mapToObj(i -> task).toList());
                for (Future<byte[]> result : results) {
                    assertArrayEquals(results.getFirst().get(), result.get(), type.name());
                }
            }
        }
    }

    /// ggml has no decoder for Q8_1, but its values are codes times scale.
    @Test
    void decodesQ81AsQ80() {
        float[] row = HostileRows.row(1, 0, 0);
        assertArrayEquals(roundTrip(GgmlType.Q8_0, row), roundTrip(GgmlType.Q8_1, row));
    }

    private static float[] roundTrip(GgmlType type, float[] row) {
        MemorySegment blocks = MemorySegment.ofArray(new byte[row.length / type.blockElements() * type.blockBytes()]);
        type.encode(row, 0, row.length, null, blocks, 0);
        float[] values = new float[row.length];
        type.decode(blocks, 0, values, 0, row.length);
        return values;
    }

    private static void refuses(GgmlType type, float[] row, int from, float[] importance, String message) {
        byte[] target = new byte[512];
        Arrays.fill(target, (byte) 7);
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> type.encode(row, from, 256, importance, MemorySegment.ofArray(target), 0));
        assertTrue(String.valueOf(e.getMessage()).contains(message), String.valueOf(e.getMessage()));
        for (byte b : target) {
            assertEquals(7, b, "a refused row must not be written");
        }
    }

    private static float[] ones(int n) {
        float[] ones = new float[n];
        Arrays.fill(ones, 1f);
        return ones;
    }
}
