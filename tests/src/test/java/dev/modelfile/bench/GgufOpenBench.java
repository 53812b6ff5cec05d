package dev.modelfile.bench;

import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.gguf.GgufFile;
import dev.modelfile.gguf.LargeVocabulary;
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

/// Opening a GGUF file with 256,000 tokens and 280,000 merges and listing its tensors and keys; and reading all tokens.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GgufOpenBench {
    private Path file = Path.of("");
    private @Nullable PythonPeer python;
    private @Nullable GgufPeer ggml;

    @Setup
    public void setUp() throws IOException {
        file = Files.createTempDirectory("bench").resolve("vocabulary.gguf");
        LargeVocabulary.write(file);
        python = new PythonPeer("""
                from gguf import GGUFReader
                def work():
                    GGUFReader(r"%s")
                """.formatted(file));
    }

    @TearDown
    public void tearDown() throws IOException {
        Objects.requireNonNull(python).close();
        Files.delete(file);
        Files.delete(file.getParent());
    }

    @Benchmark
    @Row(value = "open GGUF, 256000 tokens and 280000 merges, and list tensors and keys", table = Report.Table.OPEN)
    public int openAndList() throws IOException {
        int length = 0;
        try (GgufFile model = Gguf.open(file)) {
            for (Tensor tensor : model.tensors()) {
                length += tensor.name().length();
            }
            length += model.metadata().keys().size();
        }
        return length;
    }

    @Benchmark
    public long readAllTokens() throws IOException {
        long length = 0;
        try (GgufFile model = Gguf.open(file)) {
            Value.Array tokens = (Value.Array) model.metadata().get("tokenizer.ggml.tokens");
            for (long i = 0; i < tokens.size(); i++) {
                length += tokens.get(i).toString().length();
            }
        }
        return length;
    }

    @Benchmark
    @Beside(value = "openAndList", peer = Peer.GGUF, by = "`GGUFReader`")
    public void ggufPy() throws IOException {
        Objects.requireNonNull(python).work(1);
    }

    /// Unlike ours, it makes an object of every token.
    @Benchmark
    @Beside(value = "openAndList", peer = Peer.GGML, by = "`gguf_init_from_file` without data")
    public void ggml() throws Throwable {
        if (ggml == null) {
            ggml = new GgufPeer();
        }
        ggml.open(file);
    }
}
