package dev.modelfile.bench;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFormat;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.checkpoint.Checkpoints;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// A conversion that only copies, beside `cp` of the same 1 GiB; and conversions between types, beside PyTorch. No side
/// waits for the disk: what is compared is the work, with the source in the page cache.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx64m"})
@Warmup(iterations = 2)
@Measurement(iterations = 7)
public class CopyBench {
    private static final int TENSORS = 32;
    private static final int BYTES = 32 << 20;

    private Path source = Path.of("");
    private Path checkpoint = Path.of("");
    private Path target = Path.of("");
    private @Nullable PythonPeer python;

    @Setup
    public void setUp() throws IOException {
        Path folder = Files.createTempDirectory(Path.of("target"), "bench");
        source = folder.resolve("source.safetensors");
        checkpoint = folder.resolve("source.pt");
        target = folder.resolve("target.safetensors");
        byte[] random = new byte[1 << 20];
        new Random(1).nextBytes(random);
        MemorySegment piece = MemorySegment.ofArray(random);
        var writer = Safetensors.writer();
        for (int i = 0; i < TENSORS; i++) {
            writer.add(TensorSource.deferred(
                    "layer.%02d.weight".formatted(i), ScalarType.BF16, Shape.of(4096, BYTES / 8192), sink -> {
                        for (int done = 0; done < BYTES; done += random.length) {
                            sink.write(piece);
                        }
                    }));
        }
        writer.write(source);
        Conversion.from(source).write(checkpoint, Checkpoints.FORMAT);
    }

    /// What was written must neither be overwritten in the page cache nor flushed while the clock runs.
    @Setup(Level.Invocation)
    public void clear() throws IOException, InterruptedException {
        Files.deleteIfExists(target);
        new ProcessBuilder("sync").start().waitFor();
    }

    @TearDown
    public void tearDown() throws IOException {
        if (python != null) {
            python.close();
        }
        Files.deleteIfExists(target);
        Files.delete(source);
        Files.delete(checkpoint);
        Files.delete(source.getParent());
    }

    private void convert(ScalarType type) throws IOException {
        Conversion.from(source)
                .type(tensor -> type)
                .writing(WriteOptions.defaults().withSync(false))
                .write(target, Safetensors.FORMAT);
    }

    private void copy(Path from, ModelFormat format) throws IOException {
        Conversion.from(from).writing(WriteOptions.defaults().withSync(false)).write(target, format);
    }

    /// Has PyTorch write the tensors after it changed them.
    private void python(String change) throws IOException {
        if (python == null) {
            python = new PythonPeer("""
                    import torch
                    from safetensors.torch import load_file, save_file
                    def work():
                        save_file({name: tensor%s for name, tensor in load_file(r"%s").items()}, r"%s")
                    """.formatted(change, source, target));
        }
        python.work(1);
    }

    @Benchmark
    @Row(value = "copy a Safetensors file of 1 GiB", table = Report.Table.WHOLE)
    public void copy() throws IOException {
        copy(source, Safetensors.FORMAT);
    }

    @Benchmark
    @Beside(value = "copy", peer = Peer.CP, by = "the process")
    public int cp() throws IOException, InterruptedException {
        return new ProcessBuilder("cp", source.toString(), target.toString())
                .inheritIO()
                .start()
                .waitFor();
    }

    @Benchmark
    @Row(value = "convert a `.pt` of 1 GiB to GGUF, nothing but the layout", table = Report.Table.WHOLE)
    public void toGguf() throws IOException {
        copy(checkpoint, Gguf.FORMAT);
    }

    @Benchmark
    @Beside(value = "toGguf", peer = Peer.CP, by = "the process")
    public int toGgufByCp() throws IOException, InterruptedException {
        return cp();
    }

    @Benchmark
    @Row(value = "convert Safetensors of 1 GiB to a `.pt`, with its checksums", table = Report.Table.WHOLE)
    public void toCheckpoint() throws IOException {
        copy(source, Checkpoints.FORMAT);
    }

    @Benchmark
    @Beside(value = "toCheckpoint", peer = Peer.CP, by = "the process")
    public int toCheckpointByCp() throws IOException, InterruptedException {
        return cp();
    }

    @Benchmark
    @Row(value = "convert 1 GiB of BF16 to F16", table = Report.Table.WHOLE)
    public void toF16() throws IOException {
        convert(ScalarType.F16);
    }

    @Benchmark
    @Row(value = "convert 1 GiB of BF16 to F32", table = Report.Table.WHOLE)
    public void toF32() throws IOException {
        convert(ScalarType.F32);
    }

    @Benchmark
    @Beside(value = "copy", peer = Peer.TORCH, by = "`load_file`, `save_file`")
    public void copyByPython() throws IOException {
        python("");
    }

    @Benchmark
    @Beside(value = "toF16", peer = Peer.TORCH, by = "`load_file`, `half`, `save_file`")
    public void toF16ByTorch() throws IOException {
        python(".half()");
    }

    @Benchmark
    @Beside(value = "toF32", peer = Peer.TORCH, by = "`load_file`, `float`, `save_file`")
    public void toF32ByTorch() throws IOException {
        python(".float()");
    }
}
