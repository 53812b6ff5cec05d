package dev.modelfile.bench;

import dev.modelfile.gguf.GgmlType;
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
import org.openjdk.jmh.annotations.Warmup;

/// Decoding and encoding of block types, elements per microsecond, beside our scalar code and ggml's C library.
///
/// [KernelRatios] compares the same work where the machine is shared: sides in turn, by processor time.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@OperationsPerInvocation(KernelState.ELEMENTS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBench {

    @Param({"Q4_0", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS", "IQ3_S", "IQ2_XS", "MXFP4"})
    GgmlType type = GgmlType.Q4_K;

    @Param("false")
    boolean weighted;

    private @Nullable KernelState state;

    @Setup
    public void setUp() throws Throwable {
        state = new KernelState(type, weighted);
    }

    private KernelState state() {
        return Objects.requireNonNull(state);
    }

    @Benchmark
    public void decode() {
        state().decode();
    }

    @Benchmark
    public void decodeScalar() {
        state().decodeScalar();
    }

    @Benchmark
    public void decodeGgml() throws Throwable {
        state().decodeGgml();
    }

    @Benchmark
    public void encode() {
        state().encode();
    }

    @Benchmark
    public void encodeScalar() {
        state().encodeScalar();
    }

    @Benchmark
    public void encodeGgml() throws Throwable {
        state().encodeGgml();
    }
}
