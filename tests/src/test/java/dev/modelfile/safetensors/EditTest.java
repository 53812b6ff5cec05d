package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelEdit;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.ChildJvm;
import dev.modelfile.contract.Fixtures;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Metadata and names change in place where there is room, and the data stays the same everywhere.
final class EditTest {
    private static final byte[] DATA = new byte[10_000];

    static {
        new Random(4).nextBytes(DATA);
    }

    private static Path model(Path folder, int room) throws IOException {
        Path file = folder.resolve("m.safetensors");
        Safetensors.writer()
                .metadata("format", "pt")
                .metadata("note", "old")
                .add(TensorSource.of("data", ScalarType.U8, Shape.of(DATA.length), MemorySegment.ofArray(DATA)))
                .add(TensorSource.of("bias", Shape.of(2), 1f, 2f))
                .options(WriteOptions.defaults().withHeaderRoom(room).withOverwrite(true))
                .write(file);
        return file;
    }

    private static Object inode(Path file) throws IOException {
        return String.valueOf(Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class)
                .fileKey());
    }

    private static void checkData(Path file, String name) throws IOException {
        try (SafetensorsFile model =
                Safetensors.open(file, ReadOptions.defaults().withStrict(true))) {
            assertEquals(-1, model.tensor(name).segment().mismatch(MemorySegment.ofArray(DATA)));
            assertEquals(List.of(), model.warnings());
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void fitsTheRoom(@TempDir Path folder) throws IOException {
        Path file = model(folder, 500);
        Object inode = inode(file);
        byte[] before = Files.readAllBytes(file);
        boolean inPlace = ModelEdit.create()
                .set("note", "a longer note than before")
                .set("author", "somebody")
                .remove("format")
                .renameTensor("data", "model.layers.0.data")
                .apply(file, WriteOptions.defaults());
        assertTrue(inPlace);
        assertEquals(inode, inode(file));
        assertEquals(before.length, Files.size(file));
        checkData(file, "model.layers.0.data");
        try (SafetensorsFile model = Safetensors.open(file)) {
            assertEquals("a longer note than before", model.metadata().getString("note"));
            assertEquals("somebody", model.metadata().getString("author"));
            assertTrue(model.metadata().find("format").isEmpty());
            assertFalse(model.tensors().has("data"));
            int data = Math.toIntExact(model.shards().get(0).dataOffset());
            assertArrayEquals(
                    Arrays.copyOfRange(before, data, before.length),
                    Arrays.copyOfRange(Files.readAllBytes(file), data, before.length));
        }
        assertEquals(List.of("m.safetensors"), names(folder));
    }

    @Test
    void withoutRoomTheFileIsWrittenAnew(@TempDir Path folder) throws IOException {
        Path file = model(folder, 0);
        Object inode = inode(file);
        boolean inPlace = ModelEdit.create()
                .set("note", "n".repeat(3000))
                .renameTensor("data", "other")
                .apply(file, WriteOptions.defaults());
        assertFalse(inPlace);
        assertNotEquals(inode, inode(file));
        checkData(file, "other");
        assertEquals(List.of("m.safetensors"), names(folder));
        // Shrinking always fits.
        assertTrue(ModelEdit.create().remove("note").apply(file, WriteOptions.defaults()));
        checkData(file, "other");
    }

    @Test
    void refusedEditsChangeNothing(@TempDir Path folder) throws IOException {
        Path file = model(folder, 500);
        byte[] before = Files.readAllBytes(file);
        WriteOptions options = WriteOptions.defaults();
        List<ModelEdit> wrong = List.of(
                ModelEdit.create().renameTensor("data", "bias"),
                ModelEdit.create().renameTensor("data", "__metadata__"),
                ModelEdit.create().set("n", dev.modelfile.Value.of(1)),
                ModelEdit.create().renameTensor("data", "\ud800"),
                ModelEdit.create().renameKey("note", "format"));
        for (ModelEdit edit : wrong) {
            assertThrows(IllegalArgumentException.class, () -> edit.apply(file, options));
        }
        assertThrows(
                NoSuchElementException.class,
                () -> ModelEdit.create().renameTensor("dta", "x").apply(file, options));
        assertThrows(
                NoSuchElementException.class,
                () -> ModelEdit.create().remove("nothing").apply(file, options));
        assertArrayEquals(before, Files.readAllBytes(file));
        assertEquals(List.of("m.safetensors"), names(folder));
    }

    @Test
    void namesCanBeSwapped(@TempDir Path folder) throws IOException {
        Path file = model(folder, 100);
        assertTrue(ModelEdit.create()
                .renameTensor("data", "bias")
                .renameTensor("bias", "data")
                .apply(file, WriteOptions.defaults()));
        checkData(file, "bias");
    }

    @Test
    void linksStayLinks(@TempDir Path folder) throws IOException {
        Path real = Files.createDirectories(folder.resolve("blobs"));
        Path file = model(real, 500);
        Path link = Files.createSymbolicLink(folder.resolve("link.safetensors"), file);
        assertTrue(ModelEdit.create().set("note", "x").apply(link, WriteOptions.defaults()));
        assertFalse(ModelEdit.create().set("note", "x".repeat(5000)).apply(link, WriteOptions.defaults()));
        assertTrue(Files.isSymbolicLink(link));
        checkData(file, "data");
    }

    @Test
    void shardedModelsAreNotEdited(@TempDir Path folder) throws IOException {
        for (String name : List.of(
                "model-00001-of-00003.safetensors",
                "model-00002-of-00003.safetensors",
                "model-00003-of-00003.safetensors",
                "model.safetensors.index.json")) {
            Files.copy(Fixtures.path("checkpoints/sharded/" + name), folder.resolve(name));
        }
        var error = assertThrows(
                IllegalArgumentException.class,
                () -> ModelEdit.create().set("a", "b").apply(folder, WriteOptions.defaults()));
        assertTrue(String.valueOf(error.getMessage()).contains("merge"), error::getMessage);
    }

    /// Half a header, as a power cut would leave it.
    @Test
    void interruptedEditIsToldAndUndone(@TempDir Path folder) throws IOException {
        Path file = model(folder, 500);
        byte[] good = Files.readAllBytes(file);
        int data = Math.toIntExact(headerEnd(file));
        Path backup = folder.resolve(".m.safetensors.header-backup");
        Files.write(backup, Arrays.copyOf(good, data));
        overwrite(file, 8, "{\"bro".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        var error = assertThrows(MalformedModelException.class, () -> Safetensors.open(file));
        assertEquals("safetensors.interrupted-edit", error.rule());
        assertTrue(String.valueOf(error.getMessage()).contains(".header-backup"), error::getMessage);
        assertTrue(Safetensors.restoreHeader(file));
        assertArrayEquals(good, Files.readAllBytes(file));
        assertFalse(Files.exists(backup));
        assertFalse(Safetensors.restoreHeader(file));
    }

    /// What lies there may belong to a file that had this name before.
    @Test
    void headersOfOtherFilesAreNotRestored(@TempDir Path folder) throws IOException {
        Path file = model(folder, 500);
        Path backup = folder.resolve(".m.safetensors.header-backup");
        byte[] old = Files.readAllBytes(file);
        model(folder, 0);
        byte[] now = Files.readAllBytes(file);
        for (byte[] wrong :
                List.of(Arrays.copyOf(old, 8 + 664), Arrays.copyOf(old, 3), new byte[0], new byte[20_000], old)) {
            Files.write(backup, wrong);
            assertThrows(IOException.class, () -> Safetensors.restoreHeader(file));
            assertArrayEquals(now, Files.readAllBytes(file));
        }
    }

    private static long headerEnd(Path file) throws IOException {
        try (SafetensorsFile model = Safetensors.open(file)) {
            return model.shards().get(0).dataOffset();
        }
    }

    private static void overwrite(Path file, long at, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.wrap(bytes), at);
        }
    }

    /// Edits until it is killed.
    static final class Editor {
        private Editor() {}

        public static void main(String[] args) throws IOException {
            System.out.println("editing");
            for (int i = 0; ; i++) {
                ModelEdit.create()
                        .set("note", ("x" + i % 10).repeat(200 + i % 100))
                        .apply(Path.of(args[0]), WriteOptions.defaults());
            }
        }
    }

    @Test
    void killedEditsCanBeRestored(@TempDir Path folder) throws Exception {
        Path file = model(folder, 2000);
        for (int round = 0; round < 4; round++) {
            Path log = folder.resolve("log");
            Process child = ChildJvm.start(log, List.of(), Editor.class, file.toString());
            for (int i = 0;
                    i < 2000 && child.isAlive() && !Files.readString(log).contains("editing");
                    i++) {
                Thread.sleep(5);
            }
            Thread.sleep(40 + 13 * round);
            assertTrue(child.isAlive(), Files.readString(log));
            child.destroyForcibly().waitFor();
            try {
                checkData(file, "data");
            } catch (MalformedModelException interrupted) {
                assertEquals("safetensors.interrupted-edit", interrupted.rule());
                assertTrue(Safetensors.restoreHeader(file));
                checkData(file, "data");
            }
        }
    }
}
