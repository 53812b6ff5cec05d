package dev.modelfile.bench;

import java.io.IOException;
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

/// Conversions between number types from memory to memory, in one thread.
///
/// [ScalarRatios] compares the same work with others where the machine is shared: sides in turn, by processor time.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ScalarState.ELEMENTS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ScalarBench {
    @Param({"F32 to BF16", "BF16 to F32", "BF16 to F16", "F32 to F8_E4M3", "I64 to F32"})
    String pair = "";

    private @Nullable ScalarState state;

    @Setup
    public void setUp() throws IOException {
        state = new ScalarState(pair);
    }

    @TearDown
    public void tearDown() {
        Objects.requireNonNull(state).close();
    }

    @Benchmark
    public void convert() throws IOException {
        Objects.requireNonNull(state).convert();
    }
}
