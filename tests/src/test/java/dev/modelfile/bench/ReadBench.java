package dev.modelfile.bench;

import dev.modelfile.DType;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Opening a GGUF file with one tensor of 16 million elements and reading it as floats, beside gguf-py.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class ReadBench {
    private static final int ROWS = 4096;
    private static final int COLUMNS = 4096;

    @Param({"F16", "BF16", "Q8_0", "Q4_K", "Q6_K"})
    String type = "";

    private final float[] values = new float[ROWS * COLUMNS];
    private Path file = Path.of("");
    private @Nullable PythonPeer python;

    @Setup
    public void setUp() throws IOException {
        file = Files.createTempDirectory("bench").resolve("read.gguf");
        Random random = new Random(1);
        float[] some = new float[64 * COLUMNS];
        for (int i = 0; i < some.length; i++) {
            some[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < values.length; i += some.length) {
            System.arraycopy(some, 0, values, i, some.length);
        }
        DType stored = type.contains("_") ? GgmlType.valueOf(type) : ScalarType.valueOf(type);
        Gguf.writer()
                .add(TensorSource.of("t", Shape.of(ROWS, COLUMNS), values).as(stored))
                .write(file);
        python = new PythonPeer("""
                from gguf import GGUFReader
                from gguf.quants import dequantize
                def work():
                    tensor = GGUFReader(r"%s").tensors[0]
                    dequantize(tensor.data, tensor.tensor_type)
                """.formatted(file));
    }

    @TearDown
    public void tearDown() throws IOException {
        Objects.requireNonNull(python).close();
        Files.delete(file);
        Files.delete(file.getParent());
    }

    @Benchmark
    @Row(value = "read 16 million elements of {type} as floats", table = Report.Table.READ)
    public void modelfile() throws IOException {
        try (GgufFile model = Gguf.open(file)) {
            model.tensor("t").readInto(0, values, 0, values.length);
        }
    }

    @Benchmark
    @Beside(value = "modelfile", peer = Peer.GGUF, by = "`dequantize`")
    public void ggufPy() throws IOException {
        Objects.requireNonNull(python).work(1);
    }
}
