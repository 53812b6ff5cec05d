package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Metadata;
import dev.modelfile.ModelEdit;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Changing keys and names in place, or by a rewrite; and what the writer refuses.
class GgufEditTest {
    @TempDir
    Path folder;

    private Path model(WriteOptions options) throws IOException {
        Path path = folder.resolve("m.gguf");
        Gguf.writer()
                .metadata("general.architecture", "llama")
                .metadata("tokenizer.chat_template", "{{ messages }}".repeat(20))
                .metadata("llama.block_count", Value.u32(7))
                .add(TensorSource.of("a.weight", Shape.of(3), 1, 2, 3))
                .add(TensorSource.of("b.weight", Shape.of(2), 4, 5))
                .options(options.withOverwrite(true))
                .write(path);
        return path;
    }

    private static void checkIntact(Path path, String firstName) throws IOException {
        try (GgufFile model = Gguf.open(path, ReadOptions.defaults().withStrict(true))) {
            assertEquals(List.of(firstName, "b.weight"), model.tensors().names());
            assertEquals(2f, model.tensors().get(0).toFloatArray()[1]);
            assertEquals(5f, model.tensor("b.weight").toFloatArray()[1]);
        }
    }

    @Test
    void headersTooLargeForMemoryAreNotWrittenInPlace() throws IOException {
        Path path = folder.resolve("sparse.gguf");
        byte[] header = Crafted.file()
                .pair("general.alignment", 4, Crafted.i32(1 << 29))
                .tensor("a", 0, 0, 1)
                .bytes();
        Files.write(path, header);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength((1L << 29) + 4);
        }
        try (GgufFile model = Gguf.open(path)) {
            assertFalse(Gguf.FORMAT.rewriteHeader(
                    model, model.metadata().with("general.name", Value.of("x")), name -> name));
        }
    }

    @Test
    void moreShardsThanTheirKeysCanCountAreRefused() {
        List<TensorSource> tensors = IntStream.rangeClosed(0, 0xFFFF)
                .mapToObj(i -> TensorSource.of("t" + i, Shape.of(1), 1f))
                .toList();
        ModelWriter writer =
                Gguf.writer().addAll(tensors).options(WriteOptions.defaults().withMaxShardTensors(1));
        assertThrows(IllegalArgumentException.class, () -> writer.plan(folder.resolve("many.gguf")));
    }

    @Test
    void sameSizeAndShorterHeadersAreWrittenInPlace() throws IOException {
        Path path = model(WriteOptions.defaults());
        long size = Files.size(path);
        assertTrue(ModelEdit.create().set("llama.block_count", Value.u32(8)).apply(path, WriteOptions.defaults()));
        assertTrue(ModelEdit.create()
                .set("tokenizer.chat_template", "short")
                .renameTensor("a.weight", "first.weight")
                .apply(path, WriteOptions.defaults()));
        assertEquals(size, Files.size(path));
        checkIntact(path, "first.weight");
        // The room that the shorter template left takes a longer one again.
        assertTrue(ModelEdit.create()
                .set("tokenizer.chat_template", "longer ".repeat(20))
                .apply(path, WriteOptions.defaults()));
        checkIntact(path, "first.weight");
        try (GgufFile model = Gguf.open(path)) {
            assertEquals(Value.u32(8), model.metadata().get("llama.block_count"));
            assertEquals("longer ".repeat(20), model.metadata().getString("tokenizer.chat_template"));
        }
        assertFalse(Files.exists(HeaderEdit.backup(path.toRealPath())));
    }

    /// Lengths are narrower in version 1, and small alignments leave no padding that could hide the difference.
    @Test
    void roomInVersionOneEndsWhereTheDataBegins() throws IOException {
        for (int alignment : new int[] {1, 4, 8, 32}) {
            Path path = model(WriteOptions.defaults().withVersion(1).withAlignment(alignment));
            assertTrue(
                    ModelEdit.create().set("tokenizer.chat_template", "short").apply(path, WriteOptions.defaults()));
            try (GgufFile model = Gguf.open(path)) {
                assertEquals(1, model.version());
                assertEquals(2f, model.tensor("a.weight").toFloatArray()[1]);
                assertEquals(5f, model.tensor("b.weight").toFloatArray()[1]);
            }
        }
    }

    @Test
    void longerHeadersAreStreamedUnlessThereIsRoom() throws IOException {
        Path path = model(WriteOptions.defaults());
        ModelEdit edit = ModelEdit.create().set("general.description", "x".repeat(200));
        assertFalse(edit.apply(path, WriteOptions.defaults()));
        checkIntact(path, "a.weight");
        path = model(WriteOptions.defaults().withHeaderRoom(1000));
        assertTrue(edit.apply(path, WriteOptions.defaults()));
        checkIntact(path, "a.weight");
    }

    @Test
    void interruptedEditsAreToldAndUndone() throws IOException {
        Path path = model(WriteOptions.defaults());
        byte[] sound = Files.readAllBytes(path);
        byte[] broken = sound.clone();
        Arrays.fill(broken, 8, 60, (byte) 0xFF);
        Files.write(path, broken);
        Files.write(HeaderEdit.backup(path.toRealPath()), Arrays.copyOf(sound, 200));
        String told =
                assertThrows(IOException.class, () -> Gguf.open(path).close()).toString();
        assertTrue(told.contains("interrupted"), told);
        assertTrue(Gguf.FORMAT.restoreHeader(path));
        assertEquals(-1, Arrays.mismatch(sound, Files.readAllBytes(path)));
    }

    @Test
    void theBackupOfAnInterruptedEditIsNotThrownAway() throws IOException {
        Path path = model(WriteOptions.defaults());
        Path backup = HeaderEdit.backup(path.toRealPath());
        Files.write(backup, new byte[] {'G', 'G', 'U', 'F'});
        try (GgufFile model = Gguf.open(path)) {
            assertEquals("gguf.interrupted-edit", model.warnings().getFirst().rule());
        }
        ModelEdit edit = ModelEdit.create().set("llama.block_count", Value.u32(8));
        String refused = assertThrows(ModelFormatException.class, () -> edit.apply(path, WriteOptions.defaults()))
                .toString();
        assertTrue(refused.contains("--restore"), refused);
        assertEquals(4, Files.size(backup));
        assertTrue(Gguf.FORMAT.restoreHeader(path));
        assertTrue(edit.apply(path, WriteOptions.defaults()));
        checkIntact(path, "a.weight");
    }

    @Test
    void alignmentFollowsTheMetadata() throws IOException {
        for (int alignment : new int[] {8, 64, 4096}) {
            Path path = model(WriteOptions.defaults().withAlignment(alignment));
            checkIntact(path, "a.weight");
            try (GgufFile model = Gguf.open(path)) {
                assertEquals(alignment, model.alignment());
                assertEquals(Value.u32(alignment), model.metadata().get("general.alignment"));
                assertEquals(0, model.dataOffset() % alignment);
            }
        }
    }

    @Test
    void namesThatStandForNoBytesAreLeftOut() {
        assertTrue(Gguf.FORMAT.canName("a\uDCFF"));
        assertFalse(Gguf.FORMAT.canName("a\uD800"));
        List<String> dropped = new ArrayList<>();
        Metadata stored =
                Gguf.FORMAT.adapt(Metadata.of(Map.of("a\uD800", Value.of("x"), "b\uDCFF", Value.of("y"))), dropped);
        assertEquals(Set.of("b\uDCFF"), stored.keys());
        assertEquals(1, dropped.size());
    }

    @Test
    void refusalsNameTheWayOut() {
        assertRefused("rename it", Gguf.writer().add(TensorSource.of("n".repeat(64), Shape.of(1), 1)));
        assertRefused("join some", Gguf.writer().add(TensorSource.of("n", Shape.of(1, 1, 1, 1, 1), 1)));
        assertRefused(
                "convert it", Gguf.writer().add(TensorSource.deferred("n", ScalarType.U16, Shape.of(1), sink -> {})));
        assertRefused(
                "two tensors",
                Gguf.writer().add(TensorSource.of("n", Shape.of(1), 1)).add(TensorSource.of("n", Shape.of(1), 1)));
        assertRefused("power of two", Gguf.writer().metadata("general.alignment", Value.u32(48)));
        assertRefused(
                "one known element type",
                Gguf.writer().metadata("k", Value.array(List.of(Value.of("a"), Value.of(1)))));
        assertRefused("GGUF takes 1 to 65535", Gguf.writer().metadata("", "v"));
    }

    private void assertRefused(String reason, ModelWriter writer) {
        String told = assertThrows(IllegalArgumentException.class, () -> writer.plan(folder.resolve("x.gguf")))
                .toString();
        assertTrue(told.contains(reason), told);
    }
}
