package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every type decodes to the floats and encodes to the bytes of ggml's C library.
final class GgmlGoldenTest {

    @Test
    void filesAreTheOnesThatWereMade() throws Exception {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        String[] lines = Goldens.text("SHA256SUMS").strip().split("\n");
        for (String line : lines) {
            String[] sum = line.split("  ", 2);
            assertEquals(sum[0], HexFormat.of().formatHex(sha256.digest(Goldens.bytes(sum[1]))), sum[1]);
        }
        assertTrue(lines.length > 140, () -> "only " + lines.length + " files");
    }

    @Test
    void manifestNamesTheSameTypes() {
        String manifest = new String(Goldens.bytes("manifest.json"), StandardCharsets.UTF_8).replaceAll("\\s+", "");
        for (GgmlType type : GgmlType.values()) {
            String name = Goldens.fileName(type, "").replace(".", "");
            String entry = "\"id\":" + type.id() + ",\"name\":\"" + name + "\",\"block_elements\":"
                    + type.blockElements() + ",\"block_bytes\":" + type.blockBytes();
            assertTrue(manifest.contains(entry), entry);
        }
    }

    @ParameterizedTest
    @EnumSource(GgmlType.class)
    void everyCellIsCovered(GgmlType type) {
        assertEquals(Goldens.covers(type), Goldens.exists(Goldens.fileName(type, "imatrix.bin")));
        assertEquals(Goldens.covers(type), Goldens.exists(Goldens.fileName(type, "bytes.bin")));
        boolean plain = Goldens.covers(type) && !type.needsImportance();
        assertEquals(plain, Goldens.exists(Goldens.fileName(type, "plain.bin")));
    }

    @ParameterizedTest
    @EnumSource(
            value = GgmlType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"Q8_1", "Q8_K"})
    void decodesWhatGgmlWrote(GgmlType type) {
        decodes(type, "imatrix");
        if (!type.needsImportance()) {
            decodes(type, "plain");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = GgmlType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"Q8_1", "Q8_K"})
    void decodesArbitraryBlocks(GgmlType type) {
        decodes(type, "bytes");
    }

    @ParameterizedTest
    @EnumSource(
            value = GgmlType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"Q8_1", "Q8_K"})
    void encodesAsGgml(GgmlType type) {
        float[] importance = Goldens.floats("imatrix.f32.bin");
        encodes(type, "imatrix", importance);
        if (!type.needsImportance()) {
            encodes(type, "plain", null);
        }
    }

    /// Offsets that are aligned to nothing, in native memory, and nothing outside the range is touched.
    @ParameterizedTest
    @EnumSource(
            value = GgmlType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"Q8_1", "Q8_K"})
    void worksAtAnyOffset(GgmlType type) {
        byte[] blocks = Goldens.bytes(Goldens.fileName(type, "imatrix.bin"));
        float[] expected = Goldens.floats(Goldens.fileName(type, "imatrix.f32.bin"));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(blocks.length + 5L);
            segment.fill((byte) 0x5A);
            MemorySegment.copy(MemorySegment.ofArray(blocks), 0, segment, 3, blocks.length);
            float[] values = new float[expected.length + 7];
            type.decode(segment.asReadOnly(), 3, values, 4, expected.length);
            for (int i = 0; i < expected.length; i++) {
                assertEquals(Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(values[i + 4]));
            }
            assertEquals(0f, values[3]);
            assertEquals(0f, values[values.length - 3]);

            float[] input = Goldens.floats("input.f32.bin");
            float[] importance = Goldens.floats("imatrix.f32.bin");
            type.encode(input, 0, Goldens.COLUMNS, importance, segment, 3);
            int rowBytes = blocks.length / Goldens.ROWS;
            byte[] written = segment.asSlice(3, rowBytes).toArray(ValueLayout.JAVA_BYTE);
            assertBytes(type + " row", Arrays.copyOf(blocks, rowBytes), written, type.blockBytes());
            assertEquals(0x5A, segment.get(ValueLayout.JAVA_BYTE, 2));
        }
    }

    private static void decodes(GgmlType type, String set) {
        byte[] blocks = Goldens.bytes(Goldens.fileName(type, set + ".bin"));
        float[] expected = Goldens.floats(Goldens.fileName(type, set + ".f32.bin"));
        assertEquals(Goldens.ROWS * Goldens.COLUMNS, expected.length);
        float[] values = new float[expected.length];
        type.decode(MemorySegment.ofArray(blocks), 0, values, 0, values.length);
        for (int i = 0; i < values.length; i++) {
            int element = i;
            assertEquals(
                    Float.floatToRawIntBits(expected[i]),
                    Float.floatToRawIntBits(values[i]),
                    () -> type + "." + set + " element " + element + ": " + values[element] + " instead of "
                            + expected[element]);
        }
    }

    private static void encodes(GgmlType type, String set, float @Nullable [] importance) {
        float[] input = Goldens.floats("input.f32.bin");
        byte[] expected = Goldens.bytes(Goldens.fileName(type, set + ".bin"));
        byte[] blocks = new byte[expected.length];
        int rowBytes = expected.length / Goldens.ROWS;
        for (int row = 0; row < Goldens.ROWS; row++) {
            type.encode(
                    input,
                    row * Goldens.COLUMNS,
                    Goldens.COLUMNS,
                    importance,
                    MemorySegment.ofArray(blocks),
                    (long) row * rowBytes);
        }
        assertBytes(type + "." + set, expected, blocks, type.blockBytes());
    }

    private static void assertBytes(String what, byte[] expected, byte[] actual, int blockBytes) {
        int at = Arrays.mismatch(expected, actual);
        assertFalse(at >= 0, () -> what + " differs in byte " + at % blockBytes + " of block " + at / blockBytes);
    }
}
