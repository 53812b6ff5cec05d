package dev.modelfile.bench;

import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.contract.Python;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Whole processes: `modelfile ls` of a small file as its launcher starts it, as `java -jar` does without what the
/// launcher keeps, and the same list by Python.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 15)
public class StartBench {
    private Path file = Path.of("");
    private Path home = Path.of("");

    @Setup
    public void setUp() throws IOException, InterruptedException {
        file = Files.createTempDirectory("bench").resolve("small.safetensors");
        var writer = Safetensors.writer();
        for (int i = 0; i < 20; i++) {
            writer.add(TensorSource.of("layer." + i + ".weight", Shape.of(4), 1f, 2f, 3f, 4f));
        }
        writer.write(file);
        home = Path.of("").toAbsolutePath();
        while (!Files.exists(home.resolve("bin/modelfile"))) {
            home = Objects.requireNonNull(home.getParent());
        }
        launcher();
    }

    @TearDown
    public void tearDown() throws IOException {
        Files.delete(file);
        Files.delete(file.getParent());
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException(command + " failed");
        }
    }

    @Benchmark
    @Row(value = "`modelfile ls` of a small file, the whole process", table = Report.Table.START)
    public void launcher() throws IOException, InterruptedException {
        run(List.of(home.resolve("bin/modelfile").toString(), "ls", file.toString()));
    }

    @Benchmark
    @Beside(value = "launcher", peer = Peer.JAVA, by = "`ls`, without an AOT cache")
    public void plain() throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        run(List.of(java, "-jar", home.resolve("cli/target/modelfile-cli.jar").toString(), "ls", file.toString()));
    }

    @Benchmark
    @Beside(value = "launcher", peer = Peer.SAFETENSORS, by = "`safe_open`, `keys`, names printed")
    public void python() throws IOException, InterruptedException {
        String script = "import sys; from safetensors import safe_open; print(*safe_open(sys.argv[1], 'np').keys())";
        run(List.of(Python.interpreter(), "-c", script, file.toString()));
    }
}
