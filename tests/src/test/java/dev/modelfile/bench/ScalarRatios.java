package dev.modelfile.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How fast numbers are converted from memory to memory in one thread: by us, by PyTorch, and by numpy with ml_dtypes,
/// which both write into an array that they are given.
///
/// All sides run in turn, several rounds; the clock is the processor time of each, and what is shown are medians.
final class ScalarRatios {
    static final List<String> PAIRS = List.of(
            "F32 to BF16",
            "F32 to F16",
            "BF16 to F32",
            "BF16 to F16",
            "F16 to F32",
            "F16 to BF16",
            "F64 to F32",
            "F64 to BF16",
            "F32 to F8_E4M3",
            "BF16 to F8_E4M3",
            "F8_E4M3 to BF16",
            "F8_E4M3 to F32",
            "U8 to F32",
            "I64 to F32",
            "F32 to I32",
            "I64 to I32");

    private static final long WARM_UP = 5_000_000_000L;
    private static final long PATIENCE = 1_000_000_000L;
    private static final long ROUND = 50_000_000L;
    private static final int ROUNDS = 7;

    private ScalarRatios() {}

    /// Work that is done so many times.
    private interface Side {
        /// @return the processor time
        long work(int times) throws IOException;
    }

    /// Prints our rates alone. Arguments: pairs, or none for all.
    static void main(String[] args) throws IOException {
        for (String pair : args.length > 0 ? List.of(args) : PAIRS) {
            try (ScalarState state = new ScalarState(pair)) {
                System.out.printf("%-20s %.2f%n", pair, measure(1, ours(state))[0]);
            }
        }
    }

    /// The lines of the table.
    static List<String> lines(boolean quick, Map<Peer, String> peers) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("| from and to | ours | PyTorch | ratio | ml_dtypes | ratio |");
        lines.add("|---|---|---|---|---|---|");
        for (String pair : PAIRS) {
            try (ScalarState state = new ScalarState(pair);
                    PythonPeer torch = state.torch();
                    PythonPeer mlDtypes = state.mlDtypes()) {
                double[] rates = measure(
                        quick ? 4 : 1,
                        ours(state),
                        peers.containsKey(Peer.TORCH) ? torch::work : null,
                        peers.containsKey(Peer.ML_DTYPES) ? mlDtypes::work : null);
                lines.add("| %s | %.2f | %s | %s |"
                        .formatted(pair, rates[0], shown(rates[0], rates[1]), shown(rates[0], rates[2])));
            }
        }
        return lines;
    }

    private static String shown(double ours, double theirs) {
        return theirs == 0
                ? "missing | "
                : String.format(Locale.ROOT, "%.2f | %s", theirs, Comparison.ratio(ours / theirs));
    }

    private static Side ours(ScalarState state) {
        return times -> {
            long start = KernelRatios.processorTime();
            for (int i = 0; i < times; i++) {
                state.convert();
            }
            return KernelRatios.processorTime() - start;
        };
    }

    /// Elements per nanosecond of each side, 0 for who is missing.
    private static double[] measure(int haste, @Nullable Side... sides) throws IOException {
        int[] times = new int[sides.length];
        for (int i = 0; i < sides.length; i++) {
            times[i] = times(sides[i], haste);
        }
        double[][] rates = new double[sides.length][ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < sides.length; i++) {
                Side side = sides[i];
                rates[i][round] = side == null ? 0 : times[i] * (double) ScalarState.ELEMENTS / side.work(times[i]);
            }
        }
        return Arrays.stream(rates).mapToDouble(KernelRatios::median).toArray();
    }

    /// Warms up until it gets no faster, and finds how many times fill a round.
    private static int times(@Nullable Side side, int haste) throws IOException {
        long best = Long.MAX_VALUE;
        for (long spent = 0, since = 0; side != null && since < PATIENCE / haste && spent < WARM_UP / haste; ) {
            long took = side.work(4);
            spent += took;
            since += took;
            if (took < best * 0.95) {
                best = took;
                since = 0;
            }
        }
        return (int) Math.max(1, 4 * ROUND / best);
    }
}
