package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.ScanReport.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Archives and views that contradict themselves.
final class HostileCheckpointTest {
    /// Offset 0, size (2,), stride (1,).
    private static final String VIEW = "K\0K\u0002\u0085K\u0001\u0085";

    @TempDir
    private Path folder;

    private CheckpointFile open(byte[] content) throws IOException {
        return Checkpoints.open(Files.write(folder.resolve("x.pt"), content));
    }

    private static byte[] floats(float... values) {
        var buffer = java.nio.ByteBuffer.allocate(4 * values.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return buffer.array();
    }

    private static byte[] replaced(byte[] archive, String from, String to, int which) {
        String text = new String(archive, java.nio.charset.StandardCharsets.ISO_8859_1);
        int at = -1;
        for (int i = 0; i <= which; i++) {
            at = text.indexOf(from, at + 1);
        }
        assertTrue(at >= 0);
        return Samples.bytes(text.substring(0, at) + to + text.substring(at + from.length()));
    }

    private static List<String> rules(byte[] archive) {
        return Samples.scan(archive).findings().stream().map(Finding::rule).toList();
    }

    @Test
    void anOrdinaryArchiveIsReadAndClean() throws IOException {
        byte[] archive = Samples.checkpoint(Samples.tensor(2, VIEW), floats(1, 2));
        try (CheckpointFile file = open(archive)) {
            assertArrayEquals(new float[] {1, 2}, file.tensor("w").toFloatArray());
        }
        assertEquals(
                Verdict.CLEAN,
                Samples.scan(archive).verdict(),
                Samples.scan(archive).toString());
    }

    @Test
    void theLaterOfTwoRecordsCountsAndIsReported() throws IOException {
        byte[] archive = Samples.zip(
                "a/data.pkl",
                Samples.tensor(2, VIEW),
                "a/data/0",
                floats(1, 2),
                "a/data/1",
                floats(3, 4),
                "a/version",
                "3\n");
        byte[] twice = replaced(replaced(archive, "a/data/1", "a/data/0", 0), "a/data/1", "a/data/0", 0);
        try (CheckpointFile file = open(twice)) {
            assertArrayEquals(new float[] {3, 4}, file.tensor("w").toFloatArray());
            assertTrue(file.warnings().stream().anyMatch(w -> w.rule().equals("zip.duplicate")));
        }
        assertTrue(rules(twice).contains("zip.duplicate"));
        assertEquals(Verdict.FAILED, Samples.scan(twice).verdict());
    }

    @Test
    void namesThatDifferInCaseAreReported() throws IOException {
        byte[] archive =
                Samples.zip("a/data.pkl", "\u0080\u0002}.", "a/DATA.PKL", "\u0080\u0002].", "a/version", "3\n");
        assertTrue(rules(archive).contains("zip.case"));
        byte[] only = Samples.zip("a/DATA.PKL", Samples.tensor(2, VIEW), "a/data/0", floats(5, 6), "a/version", "3\n");
        try (CheckpointFile file = open(only)) {
            assertArrayEquals(new float[] {5, 6}, file.tensor("w").toFloatArray());
        }
    }

    @Test
    void contradictionsAreReported() throws IOException {
        byte[] archive = Samples.checkpoint(Samples.tensor(2, VIEW), floats(1, 2));
        assertTrue(rules(replaced(archive, "a/data/0", "a/data/9", 0)).contains("zip.local-name"));
        byte[] trailing = Arrays.copyOf(archive, archive.length + 10);
        assertTrue(rules(trailing).contains("zip.trailing"));
        ByteArrayOutputStream prefixed = new ByteArrayOutputStream();
        prefixed.writeBytes(Samples.bytes("PK\u0003\u0004" + "x".repeat(60)));
        prefixed.writeBytes(archive);
        assertTrue(rules(prefixed.toByteArray()).contains("zip.no-end"));
        assertEquals(Verdict.FAILED, Samples.scan(prefixed.toByteArray()).verdict());
        ByteArrayOutputStream behind = new ByteArrayOutputStream();
        behind.writeBytes(Samples.bytes("harmless text"));
        behind.writeBytes(Samples.checkpoint("cos\nsystem\n)R."));
        assertTrue(rules(behind.toByteArray()).contains("zip.prefix"));
        assertEquals(Verdict.DANGEROUS, Samples.scan(behind.toByteArray()).verdict());
        byte[] flagged = archive.clone();
        int central = new String(archive, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("PK\u0001\u0002");
        flagged[central + 8] |= 1;
        assertTrue(rules(flagged).contains("zip.flags"));
        byte[] moved = archive.clone();
        moved[central + 42] += 3;
        assertTrue(rules(moved).contains("zip.record"));
        byte[] overlapping = replaced(archive, "a/version", "a/version", 1);
        int last = new String(archive, java.nio.charset.StandardCharsets.ISO_8859_1).lastIndexOf("PK\u0001\u0002");
        System.arraycopy(archive, central + 42, overlapping, last + 42, 4);
        assertTrue(
                rules(overlapping).contains("zip.overlap"), rules(overlapping).toString());
        byte[] damaged = archive.clone();
        damaged[new String(archive, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("\u0089ccoll") + 10] ^= 1;
        assertTrue(rules(damaged).contains("zip.crc"));
    }

    @Test
    void storagesOfAnotherSizeAreRefused() throws IOException {
        byte[] archive = Samples.checkpoint(Samples.tensor(3, VIEW), floats(1, 2));
        assertEquals(
                "checkpoint.storage",
                assertThrows(MalformedModelException.class, () -> open(archive)).rule());
        assertEquals(Verdict.FAILED, Samples.scan(archive).verdict());
        byte[] missing = Samples.checkpoint(Samples.tensor(2, VIEW));
        assertEquals(
                "checkpoint.no-record",
                assertThrows(MalformedModelException.class, () -> open(missing)).rule());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Too far, negative offset, negative stride, other ranks, too large for a long.
                "K\u0001K\u0002\u0085K\u0001\u0085",
                "J\u00ff\u00ff\u00ff\u00ffK\u0002\u0085K\u0001\u0085",
                "K\0K\u0002\u0085J\u00ff\u00ff\u00ff\u00ff\u0085",
                "K\0K\u0002K\u0001\u0086K\u0001\u0085",
                "K\0J\u00ff\u00ff\u00ff\u00ff\u0085K\u0001\u0085",
                "K\0\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007fK\u0002\u0086K\u0001K\u0001\u0086",
                "\u008a\u0008\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007fK\u0002\u0085K\u0001\u0085",
                "K\0N\u0085K\u0001\u0085"
            })
    void impossibleViewsAreRefused(String view) throws IOException {
        byte[] archive = Samples.checkpoint(Samples.tensor(2, view), floats(1, 2));
        assertThrows(MalformedModelException.class, () -> open(archive));
    }

    @Test
    void expandedViewsCostNothingUntilTheyAreRead() throws IOException {
        String view = "K\0J\0\0\0\u0040K\u0010\u0086K\0K\0\u0086";
        try (CheckpointFile file = open(Samples.checkpoint(Samples.tensor(1, view), floats(9)))) {
            assertEquals(1L << 36, file.tensor("w").byteSize());
            assertArrayEquals(new float[] {9}, first(file));
        }
    }

    private static float[] first(CheckpointFile file) throws IOException {
        float[] one = new float[1];
        file.tensor("w").readInto(1L << 33, one, 0, 1);
        return one;
    }

    @Test
    void versionsAndByteOrdersOutsideTheKnownAreRefused() throws IOException {
        for (String version : new String[] {"11", "0", "x", ""}) {
            byte[] archive = Samples.zip("a/data.pkl", "\u0080\u0002}.", "a/version", version);
            assertThrows(MalformedModelException.class, () -> open(archive), version);
        }
        byte[] preferred = Samples.zip("a/data.pkl", "\u0080\u0002}.", "a/version", "99", "a/.data/version", "10");
        open(preferred).close();
        byte[] order = Samples.zip("a/data.pkl", "\u0080\u0002}.", "a/version", "3", "a/byteorder", "middle");
        assertThrows(MalformedModelException.class, () -> open(order));
        byte[] roots = Samples.zip("a/data.pkl", "\u0080\u0002}.", "b/version", "3");
        assertThrows(MalformedModelException.class, () -> open(roots));
    }

    @Test
    void deflatedStoragesAreInflatedWithinLimits() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (var zip = new java.util.zip.ZipOutputStream(out)) {
            for (var record : List.of(
                    List.of("a/data.pkl", Samples.bytes(Samples.tensor(2, VIEW))),
                    List.of("a/data/0", floats(7, 8)),
                    List.of("a/version", Samples.bytes("3")))) {
                zip.putNextEntry(new java.util.zip.ZipEntry(record.get(0).toString()));
                zip.write((byte[]) record.get(1));
            }
        }
        try (CheckpointFile file = open(out.toByteArray())) {
            assertArrayEquals(new float[] {7, 8}, file.tensor("w").toFloatArray());
        }
        ReadOptions tight =
                ReadOptions.defaults().withLimits(ReadLimits.defaults().withMaxHeapBytes(1000));
        assertThrows(LimitExceededException.class, () -> Checkpoints.open(folder.resolve("x.pt"), tight));
    }

    /// Python's text may hold lone surrogates, UTF-8 may not.
    @Test
    void loneSurrogatesAreShownAsUnknown() throws IOException {
        byte[] pickle = Samples.bytes("\u0080\u0002}X\u0001\0\0\0kX\u0004\0\0\0a\u00ed\u00a0\u0080s.");
        try (CheckpointFile file = open(pickle)) {
            assertEquals("a\ufffd", file.metadata().getString("k"));
        }
    }

    @Test
    void aDistributedCheckpointCannotReachOutside() throws IOException {
        Path copy = Files.createDirectory(folder.resolve("dcp"));
        byte[] metadata = Files.readAllBytes(Samples.PICKLES.resolve("dcp/.metadata"));
        Files.copy(Samples.PICKLES.resolve("dcp/__0_0.distcp"), copy.resolve("__0_0.distcp"));
        Files.write(copy.resolve(".metadata"), replaced(metadata, "__0_0.distcp", "../0.distcpx", 0));
        var refused = assertThrows(dev.modelfile.UnsafeModelException.class, () -> Checkpoints.open(copy));
        assertEquals("checkpoint.escape", refused.rule());
    }

    @Test
    void whatIsNoCheckpointIsCalledByItsName() throws IOException {
        for (String text : new String[] {"version https://git-lfs.github.com/spec/v1\n", "<!DOCTYPE html><html>"}) {
            var refused = assertThrows(dev.modelfile.UnsupportedModelException.class, () -> open(Samples.bytes(text)));
            assertNotEquals(-1, refused.getMessage().indexOf(text.startsWith("v") ? "Git LFS" : "HTML"));
        }
    }

    @Test
    void onlyIdsOfStoragesAreWeights() throws IOException {
        ReadOptions weights = ReadOptions.defaults().withWeightsOnly(true);
        String id = "(X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0" + "0X\u0003\0\0\0cpuK\u0001t";
        Path path = Files.createTempFile("ids", ".pt");
        try {
            Files.write(path, Samples.checkpoint("\u0080\u0002" + id + "Q.", new byte[4]));
            Checkpoints.open(path, weights).close();
            for (String other : new String[] {
                "X\u0007\0\0\0storage\u0085", ")", "N", id.replace("K\u0001t", "t"), id.replace("K\u0001t", "K\u0001Nt")
            }) {
                Files.write(path, Samples.checkpoint("\u0080\u0002" + other + "Q.", new byte[4]));
                assertThrows(UnsafeModelException.class, () -> Checkpoints.open(path, weights));
            }
        } finally {
            Files.delete(path);
        }
    }
}
