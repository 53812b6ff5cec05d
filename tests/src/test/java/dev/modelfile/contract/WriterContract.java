package dev.modelfile.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.DType;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelWriter;
import dev.modelfile.Progress;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a writer promises, whatever the format. A subclass names the format, a file name, and the types it stores.
public abstract class WriterContract {
    /// The format under test.
    protected abstract ModelFormat format();

    /// A name that its files usually have.
    protected abstract String fileName();

    /// All types that it can store.
    protected abstract List<DType> types();

    /// A writer that has all the metadata that the format demands.
    protected ModelWriter writer() {
        return ModelWriter.of(format());
    }

    private static TensorSource random(String name, DType type, Shape shape, long seed) {
        byte[] bytes = new byte[Math.toIntExact(type.byteSize(shape))];
        new Random(seed).nextBytes(bytes);
        return TensorSource.of(name, type, shape, MemorySegment.ofArray(bytes));
    }

    private static TensorSource failing(String name, long bytes, long after) {
        return TensorSource.deferred(name, ScalarType.I8, Shape.of(bytes), sink -> {
            sink.write(MemorySegment.ofArray(new byte[Math.toIntExact(after)]));
            throw new IOException("the source gave up");
        });
    }

    private static TensorSource lying(String name, int announced, int written) {
        return TensorSource.deferred(
                name, ScalarType.I8, Shape.of(announced), sink -> sink.write(MemorySegment.ofArray(new byte[written])));
    }

    private static TensorSource small(String name) {
        return TensorSource.of(name, Shape.of(3), 1f, 2f, 3f);
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private static Map<String, String> digests(Iterable<? extends Tensor> tensors) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        for (Tensor tensor : tensors) {
            digests.put(tensor.name() + tensor.dtype() + tensor.shape(), tensor.sha256());
        }
        return digests;
    }

    @Test
    void everyTypeComesBack(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(fileName());
        ModelWriter writer = writer();
        Map<String, TensorSource> sources = new TreeMap<>();
        assertFalse(types().isEmpty());
        for (DType type : types()) {
            for (Shape shape : List.of(Shape.of(2, 256), Shape.of(3, 2, 512), Shape.of(0, 256))) {
                TensorSource source = random(type.name() + "." + shape.rank() + shape.dim(0), type, shape, 7);
                sources.put(source.name(), source);
                writer.add(source);
            }
        }
        writer.write(file);
        try (ModelFile model = format().open(file, ReadOptions.defaults())) {
            assertEquals(
                    sources.keySet(), new java.util.TreeSet<>(model.tensors().names()));
            for (Tensor tensor : model.tensors()) {
                TensorSource source = Objects.requireNonNull(sources.get(tensor.name()));
                assertEquals(source.dtype(), tensor.dtype());
                assertEquals(source.shape(), tensor.shape());
                byte[] expected = new byte[Math.toIntExact(source.byteSize())];
                new Random(7).nextBytes(expected);
                MemorySegment found = tensor.toSegment(java.lang.foreign.Arena.ofAuto());
                assertEquals(-1, found.mismatch(MemorySegment.ofArray(expected)), tensor::toString);
            }
        }
    }

    @Test
    void sameInputGivesSameBytes(@TempDir Path folder) throws IOException {
        byte[][] results = new byte[3][];
        for (int i = 0; i < results.length; i++) {
            Path file = folder.resolve(i + fileName());
            writer().add(small("a"))
                    .add(random("b", ScalarType.F32, Shape.of(5, 7), 1))
                    .write(file);
            results[i] = Files.readAllBytes(file);
        }
        assertArrayEquals(results[0], results[1]);
        assertArrayEquals(results[0], results[2]);
    }

    @Test
    void planWritesNothingAndKnowsTheSize(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(fileName());
        ModelWriter writer = writer().add(small("a")).add(random("b", ScalarType.F32, Shape.of(99), 2));
        WritePlan plan = writer.plan(file);
        assertEquals(List.of(), names(folder));
        List<Path> written = writer.write(file);
        long total = 0;
        for (Path path : written) {
            total += Files.size(path);
        }
        assertEquals(plan.totalBytes(), total);
    }

    @Test
    void existingFilesAreKeptUnlessAsked(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(fileName());
        Files.writeString(file, "precious");
        ModelWriter writer = writer().add(small("a"));
        var refused = assertThrows(FileAlreadyExistsException.class, () -> writer.write(file));
        assertTrue(String.valueOf(refused.getMessage()).contains(fileName()), refused::getMessage);
        assertEquals("precious", Files.readString(file));
        assertEquals(List.of(fileName()), names(folder));
        writer.options(WriteOptions.defaults().withOverwrite(true)).write(file);
        try (ModelFile model = format().open(file, ReadOptions.defaults())) {
            assertArrayEquals(new float[] {1, 2, 3}, model.tensor("a").toFloatArray());
        }
    }

    @Test
    void failingSourceLeavesTheOldFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(fileName());
        writer().add(small("old")).write(file);
        byte[] old = Files.readAllBytes(file);
        for (TensorSource bad : List.of(
                failing("bad", 10_000_000, 5_000_000),
                failing("bad", 10, 0),
                lying("bad", 100, 99),
                lying("bad", 100, 101),
                lying("bad", 9_000_000, 9_000_001),
                lying("bad", 0, 1))) {
            ModelWriter writer = writer().add(small("a"))
                    .add(bad)
                    .options(WriteOptions.defaults().withOverwrite(true));
            IOException failure = assertThrows(IOException.class, () -> writer.write(file));
            assertFalse(String.valueOf(failure.getMessage()).isEmpty());
            assertArrayEquals(old, Files.readAllBytes(file));
            assertEquals(List.of(fileName()), names(folder));
        }
    }

    @Test
    void brokenSourceLeavesNothing(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(fileName());
        TensorSource broken = TensorSource.deferred("bad", ScalarType.I8, Shape.of(9), sink -> {
            throw new IllegalStateException("a bug in the source");
        });
        assertThrows(IllegalStateException.class, () -> writer().add(broken).write(file));
        assertEquals(List.of(), names(folder));
    }

    @Test
    void lyingSourceIsNamed(@TempDir Path folder) {
        Path file = folder.resolve(fileName());
        IOException failure = assertThrows(
                IOException.class,
                () -> writer().add(lying("the.liar", 100, 99)).write(file));
        String message = String.valueOf(failure.getMessage());
        assertTrue(message.contains("the.liar") && message.contains("100") && message.contains("99"), message);
    }

    @Test
    void sourceMayBeTheTarget(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(fileName());
        // Larger than what is copied by way of the heap, so that the kernel copies from the file being replaced.
        writer().add(random("big", ScalarType.I8, Shape.of(6L << 20), 3))
                .add(small("a"))
                .write(file);
        Map<String, String> before;
        try (ModelFile model = format().open(file, ReadOptions.defaults())) {
            before = digests(model.tensors());
            writer().addAll(model.tensors())
                    .add(small("b"))
                    .options(WriteOptions.defaults().withOverwrite(true))
                    .write(file);
            assertEquals(before, digests(model.tensors()), "an open model keeps showing the old file");
        }
        try (ModelFile model = format().open(file, ReadOptions.defaults())) {
            Map<String, String> after = digests(model.tensors());
            assertTrue(after.entrySet().containsAll(before.entrySet()));
            assertEquals(before.size() + 1, after.size());
        }
    }

    /// The mapping is the truth: whoever replaces or deletes the file of an open model changes nothing in it.
    @Test
    void replacedAndDeletedSourcesKeepTheirBytes(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("1" + fileName());
        Path other = folder.resolve("2" + fileName());
        Shape shape = Shape.of(6L << 20);
        writer().add(random("big", ScalarType.I8, shape, 3)).write(file);
        writer().add(random("big", ScalarType.I8, shape, 4)).write(other);
        try (ModelFile model = format().open(file, ReadOptions.defaults())) {
            Map<String, String> before = digests(model.tensors());
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
            for (int round = 0; round < 2; round++) {
                Path copy = folder.resolve("copy" + round + fileName());
                writer().addAll(model.tensors()).write(copy);
                try (ModelFile written = format().open(copy, ReadOptions.defaults())) {
                    assertEquals(before, digests(written.tensors()));
                }
                Files.deleteIfExists(file);
            }
        }
    }

    @Test
    void gatheredAndConvertedSourcesStream(@TempDir Path folder) throws IOException {
        Path first = folder.resolve("1" + fileName());
        Path second = folder.resolve("2" + fileName());
        writer().add(random("matrix", ScalarType.F32, Shape.of(700, 1000), 4)).write(first);
        try (ModelFile model = format().open(first, ReadOptions.defaults())) {
            Tensor columns = model.tensor("matrix").slice(":, ::2");
            writer().add(columns.named("half")).write(second);
            try (ModelFile copy = format().open(second, ReadOptions.defaults())) {
                assertEquals(columns.sha256(), copy.tensor("half").sha256());
                assertEquals(Shape.of(700, 500), copy.tensor("half").shape());
            }
        }
    }

    @Test
    void progressEndsAtTheTotal(@TempDir Path folder) throws IOException {
        List<Long> done = new ArrayList<>();
        List<Long> totals = new ArrayList<>();
        Progress listener = (tensor, sofar, total) -> {
            done.add(sofar);
            totals.add(total);
        };
        Path file = folder.resolve(fileName());
        ModelWriter writer =
                writer().add(random("a", ScalarType.I8, Shape.of(5_000_000), 5)).onProgress(listener);
        long total = writer.plan(file).totalBytes();
        writer.write(file);
        assertEquals(done.stream().sorted().toList(), done);
        assertTrue(done.get(done.size() - 1) <= total && done.get(done.size() - 1) >= 5_000_000);
        assertTrue(totals.stream().allMatch(t -> t == total));
    }

    @Test
    void filesHaveTheUsualMode(@TempDir Path folder) throws IOException {
        Assumptions.assumeTrue(
                Files.getFileStore(folder).supportsFileAttributeView("posix"), "needs POSIX file permissions");
        Path file = folder.resolve(fileName());
        Path plain = Files.createFile(folder.resolve("plain"));
        writer().add(small("a")).write(file);
        assertEquals(Files.getPosixFilePermissions(plain), Files.getPosixFilePermissions(file));
    }

    /// Who may not read a file may not read what replaces it either.
    @Test
    void whatIsReplacedKeepsItsMode(@TempDir Path folder) throws IOException {
        Assumptions.assumeTrue(
                Files.getFileStore(folder).supportsFileAttributeView("posix"), "needs POSIX file permissions");
        Path file = folder.resolve(fileName());
        for (String mode : List.of("rw-------", "r--r-----", "rw-rw-rw-")) {
            Files.write(file, new byte[1]);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            TensorSource watching = TensorSource.deferred("t", ScalarType.F32, Shape.of(1), sink -> {
                for (String name : names(folder)) {
                    var now = PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name)));
                    assertEquals(mode.substring(3), now.substring(3), name);
                }
                sink.write(MemorySegment.ofArray(new float[1]));
            });
            writer().options(WriteOptions.defaults().withOverwrite(true))
                    .add(watching)
                    .write(file);
            assertEquals(mode, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            Files.delete(file);
        }
    }

    @Test
    void missingFolderIsNamed(@TempDir Path folder) {
        Path file = folder.resolve("no-such-folder").resolve(fileName());
        var missing = assertThrows(
                NoSuchFileException.class, () -> writer().add(small("a")).write(file));
        assertTrue(String.valueOf(missing.getMessage()).contains("no-such-folder"), missing::getMessage);
    }

    @Test
    void fullDiskIsSeenBeforeWriting(@TempDir Path folder) throws IOException {
        Assumptions.assumeTrue(
                Files.getFileStore(folder).getUsableSpace() < 1L << 60, "needs a disk of less than an exbibyte");
        Path file = folder.resolve(fileName());
        TensorSource huge = TensorSource.deferred("huge", ScalarType.I8, Shape.of(1L << 60), sink -> {
            throw new AssertionError("nothing should be written");
        });
        IOException full =
                assertThrows(IOException.class, () -> writer().add(huge).write(file));
        String message = String.valueOf(full.getMessage());
        assertTrue(message.contains("bytes needed") && message.contains("free"), message);
        assertEquals(List.of(), names(folder));
    }

    @Test
    void duplicateNamesAreRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(fileName());
        ModelWriter writer = writer().add(small("twice")).add(small("twice"));
        var refused = assertThrows(IllegalArgumentException.class, () -> writer.write(file));
        assertTrue(String.valueOf(refused.getMessage()).contains("twice"), refused::getMessage);
        assertEquals(List.of(), names(folder));
    }

    @Test
    void longNamesOfFilesWork(@TempDir Path folder) throws IOException {
        String name = "n".repeat(255 - fileName().length()) + fileName();
        writer().add(small("a")).write(folder.resolve(name));
        assertEquals(List.of(name), names(folder));
    }

    @Test
    void typesThatCannotBeStoredAreRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve(fileName());
        for (ScalarType type : ScalarType.values()) {
            assertEquals(types().contains(type), format().canStore(type), type::name);
            if (!format().canStore(type)) {
                TensorSource source = random("odd.one", type, Shape.of(64), 6);
                var refused = assertThrows(
                        IllegalArgumentException.class,
                        () -> writer().add(source).write(file));
                assertTrue(String.valueOf(refused.getMessage()).contains("odd.one"), refused::getMessage);
            }
        }
        assertEquals(List.of(), names(folder));
    }

    /// Kills a writing virtual machine again and again, hard and politely.
    @Test
    void killedWriterLeavesTheOldFileOrTheNew(@TempDir Path folder) throws Exception {
        Path file = folder.resolve(fileName());
        writer().add(small("old")).write(file);
        byte[] old = Files.readAllBytes(file);
        Random random = new Random(8);
        for (int round = 0; round < 6; round++) {
            boolean hard = round % 2 == 0;
            Path log = Files.createTempFile("crash", ".log");
            Process child = ChildJvm.start(
                    log,
                    List.of("-Xmx64m"),
                    CrashingWriter.class,
                    format().getClass().getName(),
                    file.toString());
            CrashingWriter.awaitStart(child, log);
            Thread.sleep(random.nextInt(60));
            if (hard) {
                child.destroyForcibly();
            } else {
                child.destroy();
            }
            child.waitFor();
            List<String> left = names(folder);
            assertTrue(left.contains(fileName()), left::toString);
            if (!hard) {
                assertEquals(List.of(fileName()), left, "a polite end leaves no temporary file");
            }
            byte[] now = Files.readAllBytes(file);
            try (ModelFile model = format().open(file, ReadOptions.defaults())) {
                if (model.tensors().has("old")) {
                    assertArrayEquals(old, now);
                } else {
                    CrashingWriter.check(model);
                }
            }
            for (String name : left) {
                if (!name.equals(fileName())) {
                    assertTrue(name.startsWith(".") && name.endsWith(".tmp"), name);
                    Files.delete(folder.resolve(name));
                }
            }
            Files.delete(log);
        }
    }
}
