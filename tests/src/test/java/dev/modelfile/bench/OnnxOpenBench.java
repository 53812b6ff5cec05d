package dev.modelfile.bench;

import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.onnx.OnnxFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
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

/// Opening an ONNX model of 1.6 GB in one file and listing its initializers, beside what parses all of it.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx6g"})
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class OnnxOpenBench {
    private static final int TENSORS = 400;
    private static final int ELEMENTS = 1_000_000;

    private Path file = Path.of("");
    private @Nullable PythonPeer python;

    @Setup
    public void setUp() throws IOException {
        file = Files.createTempDirectory("bench").resolve("open.onnx");
        ModelWriter writer = Onnx.writer();
        MemorySegment data = MemorySegment.ofArray(new byte[4 * ELEMENTS]);
        for (int i = 0; i < TENSORS; i++) {
            writer.add(TensorSource.of("layers.%d.weight".formatted(i), ScalarType.F32, Shape.of(ELEMENTS), data));
        }
        writer.write(file);
        python = new PythonPeer("""
                import onnx
                def work():
                    [t.name for t in onnx.load(r"%s").graph.initializer]
                """.formatted(file));
    }

    @TearDown
    public void tearDown() throws IOException {
        Objects.requireNonNull(python).close();
        Files.delete(file);
        Files.delete(file.getParent());
    }

    @Benchmark
    @Row(value = "open ONNX, 1.6 GB, 400 initializers, and list their names", table = Report.Table.OPEN)
    public int modelfile() throws IOException {
        int length = 0;
        try (OnnxFile model = Onnx.open(file)) {
            for (Tensor tensor : model.initializers()) {
                length += tensor.name().length();
            }
        }
        return length;
    }

    @Benchmark
    @Beside(value = "modelfile", peer = Peer.ONNX, by = "`onnx.load`")
    public void pythonOnnx() throws IOException {
        Objects.requireNonNull(python).work(1);
    }

    @Benchmark
    @Beside(value = "modelfile", peer = Peer.TRIBUO, by = "`ModelProto.parseFrom` of the mapped file")
    public int tribuo() throws Exception {
        try (FileChannel channel = FileChannel.open(file)) {
            return JvmPeer.tribuo().count(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        }
    }
}
