package dev.modelfile.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// What a reader promises, whatever the format. A subclass names the format and its fixtures.
public abstract class ReaderContract {
    /// The format under test.
    protected abstract ModelFormat format();

    /// Models of the manifest that it must read. At least one must have a tensor of some bytes.
    protected abstract List<Fixtures.Model> samples();

    private ModelFile open(Path path) throws IOException {
        return format().open(path, ReadOptions.defaults());
    }

    /// A sample with as many tensors as possible, as a file of its own.
    private Path copy(Path folder) throws IOException {
        Path source = samples().stream()
                .max((a, b) -> Integer.compare(a.tensors().size(), b.tensors().size()))
                .orElseThrow()
                .file();
        return Files.copy(source, folder.resolve(source.getFileName().toString()));
    }

    @TestFactory
    Stream<DynamicTest> holdsWhatTheManifestSays() {
        assertFalse(samples().isEmpty(), "a contract without samples proves nothing");
        return samples().stream()
                .map(sample -> dynamicTest(sample.path(), () -> {
                    try (ModelFile model = open(sample.file())) {
                        List<Fixtures.Entry> found = new ArrayList<>();
                        for (Tensor tensor : model.tensors()) {
                            List<Long> shape = Arrays.stream(tensor.shape().toArray())
                                    .boxed()
                                    .toList();
                            found.add(new Fixtures.Entry(
                                    tensor.name(), tensor.dtype().name(), shape, tensor.sha256()));
                        }
                        assertEquals(sample.tensors(), found);
                        Map<String, String> expected = sample.metadata();
                        Map<String, String> metadata = new TreeMap<>();
                        for (Map.Entry<String, Value> entry :
                                model.metadata().entries().entrySet()) {
                            metadata.put(entry.getKey(), entry.getValue().toString());
                        }
                        assertEquals(expected == null ? Map.of() : expected, metadata);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> isFoundByContent(@TempDir Path folder) {
        return samples().stream()
                .map(sample -> dynamicTest(sample.path(), () -> {
                    Path anonymous = folder.resolve("anonymous");
                    Files.copy(sample.file(), anonymous);
                    try (ModelFile model = ModelFile.open(anonymous)) {
                        assertEquals(format().name(), model.format().name());
                        assertEquals(anonymous, model.path());
                    } finally {
                        Files.delete(anonymous);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> showsTheMappingItself() {
        return samples().stream()
                .map(sample -> dynamicTest(sample.path(), () -> {
                    try (ModelFile model = open(sample.file())) {
                        for (Tensor tensor : model.tensors()) {
                            if (tensor.part() == null) {
                                continue;
                            }
                            MemorySegment file =
                                    Objects.requireNonNull(tensor.part()).bytes();
                            MemorySegment segment = tensor.segment();
                            assertTrue(segment.isReadOnly() && segment.isMapped(), tensor::toString);
                            assertEquals(
                                    tensor.offset().orElseThrow(),
                                    segment.address() - file.address(),
                                    tensor::toString);
                            assertEquals(tensor.byteSize(), segment.byteSize());
                            assertSame(file.scope(), segment.scope());
                        }
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> readsTheSameByEveryWay() {
        return samples().stream()
                .map(sample -> dynamicTest(sample.path(), () -> {
                    try (ModelFile model = open(sample.file());
                            Arena arena = Arena.ofConfined()) {
                        for (Tensor tensor : model.tensors()) {
                            byte[] whole = tensor.toSegment(arena).toArray(ValueLayout.JAVA_BYTE);
                            MemorySegment gathered = MemorySegment.ofArray(new byte[whole.length]);
                            for (long at = 0; at < whole.length; at += 7) {
                                tensor.readInto(at, gathered.asSlice(at, Math.min(7, whole.length - at)));
                            }
                            assertEquals(-1, MemorySegment.ofArray(whole).mismatch(gathered), tensor::toString);
                            if (tensor.isMapped()) {
                                MemorySegment shown = MemorySegment.ofBuffer(tensor.asByteBuffer());
                                assertEquals(tensor.segment().address(), shown.address(), tensor::toString);
                                assertEquals(-1, gathered.mismatch(shown), tensor::toString);
                            }
                            assertThrows(
                                    IndexOutOfBoundsException.class,
                                    () -> tensor.readInto(whole.length, MemorySegment.ofArray(new byte[1])));
                            assertThrows(
                                    IndexOutOfBoundsException.class,
                                    () -> tensor.readInto(-1, MemorySegment.ofArray(new byte[1])));
                        }
                    }
                }));
    }

    @Test
    void missingTensorNamesTheNearest(@TempDir Path folder) throws IOException {
        try (ModelFile model = open(copy(folder))) {
            Tensor some = model.tensors().stream()
                    .filter(tensor -> tensor.name().length() > 4)
                    .findFirst()
                    .orElseThrow();
            String wrong = some.name() + "~";
            var missing = assertThrows(NoSuchElementException.class, () -> model.tensor(wrong));
            assertTrue(String.valueOf(missing.getMessage()).contains("\"" + some.name() + "\""), missing::getMessage);
            assertTrue(model.tensors().find(wrong).isEmpty());
            assertFalse(model.tensors().has(wrong));
            assertSame(some, model.tensor(some.name()));
        }
    }

    @Test
    void pathsWithoutModelAreNamed(@TempDir Path folder) {
        Path nothing = folder.resolve("nothing");
        assertThrows(NoSuchFileException.class, () -> open(nothing));
        assertThrows(IOException.class, () -> open(folder));
        assertThrows(IOException.class, () -> ModelFormats.installed().detect(folder));
    }

    @Test
    void closingUnmaps(@TempDir Path folder) throws IOException {
        Handles.needsProc();
        Path file = copy(folder);
        ModelFile model = open(file);
        Tensor tensor = model.tensors().stream()
                .filter(t -> t.byteSize() > 0 && t.part() != null)
                .findFirst()
                .orElseThrow();
        MemorySegment segment = tensor.segment();
        assertTrue(Handles.isMapped(file));
        assertEquals(List.of(), Handles.open(folder), "mapped files need no descriptors");
        model.close();
        model.close();
        assertFalse(Handles.isMapped(file));
        assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
        assertThrows(IllegalStateException.class, tensor::toFloatArray);
    }

    @Test
    void refusedFilesLeaveNothingOpen(@TempDir Path folder) throws IOException {
        Handles.needsProc();
        Path file = copy(folder);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        assertThrows(IOException.class, () -> open(file).close());
        assertEquals(List.of(), Handles.open(folder));
        assertFalse(Handles.isMapped(file));
    }

    @Test
    void listingCostsTheSameEveryTime(@TempDir Path folder) throws IOException {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (ModelFile model = open(copy(folder))) {
            long[] checksum = new long[1];
            for (int i = 0; i < 20; i++) {
                list(model, checksum);
            }
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 100; i++) {
                list(model, checksum);
            }
            long perCall = (threads.getCurrentThreadAllocatedBytes() - before) / 100;
            assertTrue(checksum[0] != 0);
            // An iterator and what the management bean takes itself, but nothing per tensor.
            assertTrue(
                    perCall < 500,
                    () -> perCall + " bytes for " + model.tensors().size() + " tensors");
        }
    }

    private static void list(ModelFile model, long[] checksum) {
        for (Tensor tensor : model.tensors()) {
            checksum[0] += tensor.name().length()
                    + tensor.dtype().blockBytes()
                    + tensor.shape().elements()
                    + tensor.shape().rank()
                    + tensor.byteSize();
        }
    }

    @Test
    void manyThreadsReadTheSame(@TempDir Path folder) throws Exception {
        try (ModelFile model = open(copy(folder));
                var pool = Executors.newFixedThreadPool(4)) {
            List<Future<List<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(pool.submit(() -> {
                    List<String> digests = new ArrayList<>();
                    for (Tensor tensor : model.tensors()) {
                        digests.add(model.tensor(tensor.name()).sha256());
                    }
                    return digests;
                }));
            }
            List<String> first = answers.get(0).get();
            assertFalse(first.isEmpty());
            for (Future<List<String>> answer : answers) {
                assertEquals(first, answer.get());
            }
        }
    }

    @Test
    void manyThreadsMayClose(@TempDir Path folder) throws Exception {
        Path file = copy(folder);
        try (var pool = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 50; round++) {
                ModelFile model = open(file);
                List<Future<?>> closings = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    closings.add(pool.submit(model::close));
                }
                for (Future<?> closing : closings) {
                    closing.get();
                }
            }
        }
    }

    @Test
    void goodSamplesHaveNoErrors() throws IOException {
        for (Fixtures.Model sample : samples()) {
            assertTrue(
                    format().validate(sample.file(), ReadOptions.defaults()).stream()
                            .allMatch(finding -> finding.severity().compareTo(dev.modelfile.scan.Severity.ERROR) < 0),
                    sample::path);
        }
    }
}
