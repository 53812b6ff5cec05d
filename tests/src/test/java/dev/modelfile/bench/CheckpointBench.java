package dev.modelfile.bench;

import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/// What opening a checkpoint of 20,000 small tensors costs beside `torch.load` with a mapping; and one of 300 tensors
/// of 8 MiB each. The median of the samples counts: machines in a cloud change their speed.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CheckpointBench {
    private static final int MANY = 20_000;
    private static final int LARGE = 300;

    private Path folder = Path.of("");
    private Path many = Path.of("");
    private Path large = Path.of("");
    private @Nullable PythonPeer python;

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
        if (python != null) {
            python.close();
        }
        Files.delete(many);
        Files.delete(large);
        Files.delete(folder);
    }

    @Benchmark
    @Row(value = "open a PyTorch checkpoint, 20000 tensors", table = Report.Table.OPEN)
    public int openTwentyThousandTensors() throws IOException {
        try (CheckpointFile file = Checkpoints.open(many)) {
            return file.tensors().size();
        }
    }

    @Benchmark
    @Beside(value = "openTwentyThousandTensors", peer = Peer.TORCH, by = "`torch.load(mmap=True, weights_only=True)`")
    public void openTwentyThousandTensorsByTorch() throws IOException {
        byTorch(many);
    }

    private void byTorch(Path file) throws IOException {
        if (python == null) {
            python = new PythonPeer("""
                    import torch
                    def work():
                        len(torch.load(r"%s", mmap=True, weights_only=True))
                    """.formatted(file));
        }
        Objects.requireNonNull(python).work(1);
    }

    @Benchmark
    @Row(value = "open a PyTorch checkpoint of 2.5 GB, 300 tensors", table = Report.Table.OPEN)
    public int openTwoGigabytes() throws IOException {
        try (CheckpointFile file = Checkpoints.open(large)) {
            return file.tensors().size();
        }
    }

    @Benchmark
    @Beside(value = "openTwoGigabytes", peer = Peer.TORCH, by = "`torch.load(mmap=True, weights_only=True)`")
    public void openTwoGigabytesByTorch() throws IOException {
        byTorch(large);
    }
}
