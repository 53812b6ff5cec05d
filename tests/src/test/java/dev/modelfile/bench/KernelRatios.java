package dev.modelfile.bench;

import dev.modelfile.gguf.GgmlType;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;

/// Prints a table of how fast block types are decoded or encoded: ours, our scalar code, and ggml's C library.
///
/// All sides run in turn in one thread, several rounds; the clock is the thread's processor time, and what is printed
/// are medians. Arguments: `decode`, `encode` or `weighted` (encode with an importance matrix), then types, or none
/// for all.
final class KernelRatios {

    private static final int ROUNDS = 5;
    private static final long WARM_UP = 1_500_000_000L;
    private static final long ROUND = 80_000_000L;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private interface Work {
        void run() throws Throwable;
    }

    private KernelRatios() {}

    /// Millions of elements per second, medians over the rounds.
    ///
    /// @param ratio the median of ours to ggml's in each round
    record Rates(GgmlType type, double vector, double scalar, double ggml, double ratio) {}

    /// The types that a mode is for.
    static List<GgmlType> types(String mode) {
        return Arrays.stream(GgmlType.values())
                .filter(type -> type != GgmlType.Q8_1 && type != GgmlType.Q8_K)
                .toList();
    }

    static void main(String[] args) throws Throwable {
        List<String> names = List.of(args).subList(1, args.length);
        System.out.println("| type | vector | scalar | ggml | vector / ggml | vector / scalar |");
        System.out.println("|---|---|---|---|---|---|");
        double logs = 0;
        int count = 0;
        for (GgmlType type : types(args[0])) {
            if (names.isEmpty() || names.contains(type.name())) {
                Rates rates = measure(type, args[0], 1);
                System.out.printf(
                        "| %s | %.1f | %.1f | %.1f | %.2f | %.2f |%n",
                        type, rates.vector, rates.scalar, rates.ggml, rates.ratio, rates.vector / rates.scalar);
                logs += Math.log(rates.ratio);
                count++;
            }
        }
        System.out.printf("| geometric mean | | | | %.2f | |%n", Math.exp(logs / count));
    }

    /// Has all sides work in turn.
    ///
    /// @param haste how many times shorter than it takes to be exact
    static Rates measure(GgmlType type, String mode, int haste) throws Throwable {
        KernelState state = new KernelState(type, mode.equals("weighted"));
        boolean decode = mode.equals("decode");
        Work[] sides = decode
                ? new Work[] {state::decode, state::decodeScalar, state::decodeGgml}
                : new Work[] {state::encode, state::encodeScalar, state::encodeGgml};
        rate(sides[0], WARM_UP / haste);
        rate(sides[1], WARM_UP / 2 / haste);
        double[][] rates = new double[3][ROUNDS];
        double[] ratios = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            for (int side = 0; side < 3; side++) {
                rates[side][round] = rate(sides[side], ROUND / haste);
            }
            ratios[round] = rates[0][round] / rates[2][round];
        }
        if (!decode && !state.sameBytes()) {
            throw new AssertionError(type + " differs from ggml");
        }
        return new Rates(type, median(rates[0]), median(rates[1]), median(rates[2]), median(ratios));
    }

    /// Of the thread that asks, in nanoseconds.
    static long processorTime() {
        return THREADS.getCurrentThreadCpuTime();
    }

    /// Millions of elements per second.
    private static double rate(Work work, long nanoseconds) throws Throwable {
        long start = processorTime();
        long runs = 0;
        long time;
        do {
            work.run();
            runs++;
            time = processorTime() - start;
        } while (time < nanoseconds);
        return KernelState.ELEMENTS * (double) runs * 1e3 / time;
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
