package dev.modelfile.bench;

import dev.modelfile.gguf.GgmlType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// What [KernelRatios] finds for all block types, in a line for each direction.
final class KernelSummary {
    private KernelSummary() {}

    static List<String> lines(boolean quick, Map<Peer, String> peers) throws Throwable {
        List<String> lines = new ArrayList<>();
        lines.add("| blocks of ggml's types | types | geometric mean of the ratios | least | greatest |");
        lines.add("|---|---|---|---|---|");
        if (!peers.containsKey(Peer.GGML)) {
            lines.add("| not measured: set `MODELFILE_GGML_LIB` | | | | |");
            return lines;
        }
        lines.add(line("decode", "decode", quick));
        lines.add(line("encode", "encode", quick));
        lines.add(line("encode with an importance matrix", "weighted", quick));
        return lines;
    }

    private static String line(String what, String mode, boolean quick) throws Throwable {
        List<KernelRatios.Rates> rates = new ArrayList<>();
        for (GgmlType type : KernelRatios.types(mode)) {
            rates.add(KernelRatios.measure(type, mode, quick ? 4 : 1));
        }
        rates.sort(Comparator.comparingDouble(KernelRatios.Rates::ratio));
        double mean = Math.exp(rates.stream()
                .mapToDouble(rate -> Math.log(rate.ratio()))
                .average()
                .orElseThrow());
        return "| %s | %d | %s | %s | %s |"
                .formatted(what, rates.size(), Comparison.ratio(mean), shown(rates.getFirst()), shown(rates.getLast()));
    }

    private static String shown(KernelRatios.Rates rates) {
        return Comparison.ratio(rates.ratio()) + " (" + rates.type() + ")";
    }
}
