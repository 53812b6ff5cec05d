package dev.modelfile.bench;

import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.gguf.GgufFile;
import dev.modelfile.gguf.LargeVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

/// Opening a GGUF file with 256,000 tokens and 280,000 merges and listing its tensors and keys.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GgufOpenBench {
    private Path file = Path.of("");

    @Setup
    public void setUp() throws IOException {
        file = Files.createTempDirectory("bench").resolve("vocabulary.gguf");
        LargeVocabulary.write(file);
    }

    @TearDown
    public void tearDown() throws IOException {
        Files.delete(file);
        Files.delete(file.getParent());
    }

    @Benchmark
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
}
