package dev.modelfile.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ModelWriter;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.ChildJvm;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Conversions to every format that are stopped halfway by a signal, by death, or by the disk.
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "signals and limits of files are those of POSIX")
final class InterruptedTest {
    private static final List<ModelFormat> FORMATS = ModelFormats.installed().all();
    private static final int TENSORS = 3;
    private static final int ELEMENTS = 1 << 18;

    @TempDir
    private Path root;

    private Path source = Path.of("");
    private byte[] before = {};

    @BeforeEach
    void makeSource() throws IOException {
        source = root.resolve("source.safetensors");
        ModelWriter writer = Safetensors.writer();
        for (int i = 0; i < TENSORS; i++) {
            writer.add(TensorSource.of("t" + i, Shape.of(ELEMENTS), new float[ELEMENTS]));
        }
        writer.write(source);
        before = Files.readAllBytes(source);
    }

    /// A conversion that stands still halfway.
    private record Child(ModelFormat format, Path target, Path log, Process process) {}

    private List<Child> startForEveryFormat() throws IOException, InterruptedException {
        List<Child> children = new ArrayList<>();
        for (ModelFormat format : FORMATS) {
            Path target = Files.createDirectory(root.resolve(format.name())).resolve("model.bin");
            Path log = root.resolve(format.name() + ".log");
            children.add(new Child(format, target, log, ConversionProcess.pausing(log, source, target, format)));
        }
        for (Child child : children) {
            ConversionProcess.awaitHalfway(child.process(), child.log());
        }
        return children;
    }

    private static List<String> names(Path file) throws IOException {
        try (Stream<Path> list = Files.list(file.getParent())) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static void signal(String name, Process process) throws IOException, InterruptedException {
        int sent = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        assertEquals(0, sent);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it does not end");
    }

    /// Shells start background jobs with interrupts ignored, and children inherit that.
    private static boolean ignoresInterrupts(Process process) throws IOException {
        Path status = Path.of("/proc/" + process.pid() + "/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line ->
                                (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
    }

    @Test
    void anInterruptLeavesNothing() throws Exception {
        List<Child> children = startForEveryFormat();
        boolean ignored = ignoresInterrupts(children.getFirst().process());
        for (Child child : children) {
            assertEquals(1, names(child.target()).size(), "one temporary file while it is being written");
            signal(ignored ? "TERM" : "INT", child.process());
            assertEquals(ignored ? 143 : 130, child.process().exitValue());
            assertEquals(List.of(), names(child.target()));
        }
        assertArrayEquals(before, Files.readAllBytes(source));
        assumeFalse(
                ignored, "this process ignores interrupts, so its children do; terminating them was tested instead");
    }

    private static void convert(Path source, Child child) throws IOException {
        Conversion.from(source)
                .writing(WriteOptions.defaults().withOverwrite(true).withSync(false))
                .write(child.target(), child.format());
    }

    private static void age(Path file) throws IOException {
        for (String name : names(file)) {
            Files.setLastModifiedTime(
                    file.resolveSibling(name), FileTime.from(Instant.now().minus(Duration.ofHours(1))));
        }
    }

    /// What a killed process leaves goes with the next write to the same file, and only that.
    @Test
    void theNextWriteClearsUpAfterTheDead() throws Exception {
        for (Child child : startForEveryFormat()) {
            age(child.target());
            convert(source, child);
            List<String> left = names(child.target());
            assertEquals(2, left.size(), "the other one is alive: " + left);
            child.process().destroyForcibly().waitFor();
            byte[] written = Files.readAllBytes(child.target());
            age(child.target());
            List<String> others = List.of(".model.bin.tmp", ".model.bin.1-2.tmp", ".other.bin.1-2-3.tmp");
            for (String other : others) {
                Files.createFile(child.target().resolveSibling(other));
            }
            Files.createDirectory(child.target().resolveSibling(".model.bin.1-2-3.tmp"));
            age(child.target());
            assertEquals(6, names(child.target()).size());
            convert(source, child);
            assertEquals(
                    Stream.concat(others.stream(), Stream.of(".model.bin.1-2-3.tmp", "model.bin"))
                            .sorted()
                            .toList(),
                    names(child.target()));
            assertArrayEquals(written, Files.readAllBytes(child.target()));
        }
    }

    /// The shell's limit on the size of files stands for a disk that is full: the system refuses a write halfway.
    @Test
    void aFullDiskIsNamedAndLeavesNothing() throws Exception {
        for (ModelFormat format : FORMATS) {
            Path target = Files.createDirectory(root.resolve(format.name())).resolve("model.bin");
            ChildJvm.Result result = ChildJvm.runLimited(
                    Duration.ofSeconds(60),
                    "ulimit -f 1000",
                    ConversionProcess.class,
                    source.toString(),
                    target.toString(),
                    format.name(),
                    "F16",
                    "go");
            assertEquals(3, result.exit(), result::output);
            assertTrue(result.output().contains("FileSystemException: " + target + ": "), result::output);
            assertTrue(result.output().contains(", while tensor \"t"), result::output);
            assertEquals(List.of(), names(target));
        }
        assertArrayEquals(before, Files.readAllBytes(source));
    }

    private static Map<String, String> digests(Path file) throws IOException {
        try (ModelFile model = ModelFile.open(file)) {
            Map<String, String> digests = new TreeMap<>();
            for (var tensor : model.tensors()) {
                digests.put(tensor.name(), tensor.shape() + " " + tensor.sha256());
            }
            return digests;
        }
    }

    @Test
    void theSourceMayBeTheTarget() throws IOException {
        Map<String, String> expected = digests(source);
        for (ModelFormat from : FORMATS) {
            for (ModelFormat to : FORMATS) {
                Path folder = Files.createDirectory(root.resolve(from.name() + " to " + to.name()));
                Path file = folder.resolve("model.bin");
                Conversion.from(source).write(file, from);
                Conversion.from(file)
                        .writing(WriteOptions.defaults().withOverwrite(true).withSync(false))
                        .write(file, to);
                assertEquals(expected, digests(file));
                assertEquals(List.of("model.bin"), names(file));
                try (ModelFile model = ModelFile.open(file)) {
                    assertEquals(to.name(), model.format().name());
                }
            }
        }
    }
}
