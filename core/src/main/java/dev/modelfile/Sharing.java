package dev.modelfile;

import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.Printable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Tells which tensors have bytes of a file in common.
final class Sharing {
    private static final int NAMES_SHOWN = 8;

    private Sharing() {}

    private record Range(Tensor tensor, int file, long start, long end) {}

    /// Adds a line for each set of tensors whose bytes overlap.
    static void describe(List<Tensor> tensors, List<String> lines) {
        List<Range> ranges = ranges(tensors);
        List<Range> run = new ArrayList<>();
        int file = -1;
        long end = 0;
        for (Range range : ranges) {
            if (range.file() != file || range.start() >= end) {
                line(run, lines);
                run.clear();
                file = range.file();
                end = 0;
            }
            run.add(range);
            end = Math.max(end, range.end());
        }
        line(run, lines);
    }

    private static List<Range> ranges(List<Tensor> tensors) {
        Map<MappedFile, Integer> files = new IdentityHashMap<>();
        List<Range> ranges = new ArrayList<>();
        for (Tensor tensor : tensors) {
            @Nullable MappedFile file = tensor.part();
            if (file != null && tensor.byteSize() > 0) {
                long start = tensor.offset().orElse(0);
                Integer number = files.computeIfAbsent(file, unseen -> files.size());
                ranges.add(new Range(tensor, number, start, start + tensor.byteSize()));
            }
        }
        ranges.sort(Comparator.comparingInt(Range::file).thenComparingLong(Range::start));
        return ranges;
    }

    private static void line(List<Range> run, List<String> lines) {
        if (run.size() > 1) {
            lines.add("sharing of bytes by "
                    + run.stream()
                            .limit(NAMES_SHOWN)
                            .map(range -> "\"" + Printable.of(range.tensor().name()) + "\"")
                            .collect(Collectors.joining(", "))
                    + (run.size() > NAMES_SHOWN ? " and " + (run.size() - NAMES_SHOWN) + " more" : "")
                    + ": each is written in full");
        }
    }
}
