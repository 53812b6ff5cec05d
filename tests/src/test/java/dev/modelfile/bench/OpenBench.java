package dev.modelfile.bench;

import ai.djl.ndarray.NDList;
import ai.djl.util.passthrough.PassthroughNDManager;
import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.safetensors.Safetensors;
import dev.modelfile.safetensors.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
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
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Opening a Safetensors file and listing its names, beside others on the same file.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class OpenBench {
    private static final int BATCH = 20;

    @Param({"218", "20000"})
    int tensors;

    private Path file = Path.of("");
    private @Nullable PythonPeer python;
    private JvmPeer.@Nullable Opening jlama;

    @Setup
    public void setUp() throws IOException {
        file = Files.createTempDirectory("bench").resolve("open.safetensors");
        ModelWriter writer = Safetensors.writer();
        MemorySegment data = MemorySegment.ofArray(new byte[128]);
        for (int i = 0; i < tensors; i++) {
            String name = "model.layers.%d.self_attn.part%d.weight".formatted(i / 12, i % 12);
            writer.add(TensorSource.of(name, ScalarType.F32, Shape.of(4, 8), data));
        }
        writer.write(file);
        python = new PythonPeer("""
                from safetensors import safe_open
                def work():
                    with safe_open(r"%s", "np") as f:
                        list(f.keys())
                """.formatted(file));
    }

    @TearDown
    public void tearDown() throws IOException {
        Objects.requireNonNull(python).close();
        Files.delete(file);
        Files.delete(file.getParent());
    }

    @Benchmark
    @Row(value = "open Safetensors, {tensors} tensors, and list their names", table = Report.Table.OPEN)
    public int modelfile() throws IOException {
        int length = 0;
        try (SafetensorsFile model = Safetensors.open(file)) {
            for (Tensor tensor : model.tensors()) {
                length += tensor.name().length();
            }
        }
        return length;
    }

    @Benchmark
    @Beside(value = "modelfile", peer = Peer.SAFETENSORS, by = "`safe_open`, `keys`")
    @OperationsPerInvocation(BATCH)
    public void pythonSafetensors() throws IOException {
        Objects.requireNonNull(python).work(BATCH);
    }

    @Benchmark
    @Beside(value = "modelfile", peer = Peer.JLAMA, by = "`SafeTensorIndex.loadSingleFile`")
    public int jlama() throws Exception {
        if (jlama == null) {
            jlama = JvmPeer.jlama();
        }
        return jlama.count(file);
    }

    /// It has no way to open a file without reading all of it.
    @Benchmark
    @Beside(value = "modelfile", peer = Peer.DJL, by = "`NDList.decode`, which reads all 128 bytes of each")
    public int djl() throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return NDList.decode(PassthroughNDManager.INSTANCE, in).size();
        }
    }
}
