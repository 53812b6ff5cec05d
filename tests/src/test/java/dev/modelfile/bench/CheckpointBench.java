package dev.modelfile.bench;

import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.Checkpoints;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// What opening and scanning a checkpoint of 20,000 small tensors costs; and one of 300 tensors of 8 MiB each.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CheckpointBench {
    private static final int MANY = 20_000;
    private static final int LARGE = 300;

    Path folder = Path.of("");
    Path many = Path.of("");
    Path large = Path.of("");

    @Setup
    public void write() throws IOException {
        folder = Files.createTempDirectory("modelfile-bench");
        many = folder.resolve("many.pt");
        large = folder.resolve("large.pt");
        var writer = Checkpoints.writer();
        for (int i = 0; i < MANY; i++) {
            writer.add(
                    TensorSource.of("layers." + i / 4 + ".block." + i % 4 + ".weight", Shape.of(4, 4), new float[16]));
        }
        writer.write(many);
        var big = Checkpoints.writer();
        float[] values = new float[2 << 20];
        for (int i = 0; i < LARGE; i++) {
            big.add(TensorSource.of("layers." + i + ".weight", Shape.of(1024, 2048), values));
        }
        big.write(large);
    }

    @TearDown
    public void delete() throws IOException {
        Files.delete(many);
        Files.delete(large);
        Files.delete(folder);
    }

    @Benchmark
    public int openTwentyThousandTensors() throws IOException {
        try (CheckpointFile file = Checkpoints.open(many)) {
            return file.tensors().size();
        }
    }

    @Benchmark
    public int openTwoGigabytes() throws IOException {
        try (CheckpointFile file = Checkpoints.open(large)) {
            return file.tensors().size();
        }
    }

    @Benchmark
    public ScanReport scanTwentyThousandTensors() throws IOException {
        return ModelScanner.standard().scan(many);
    }
}
