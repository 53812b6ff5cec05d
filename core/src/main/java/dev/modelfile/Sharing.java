package dev.modelfile;

import dev.modelfile.internal.StridedData;
import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.TensorData;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Tells which tensors have bytes of a file in common.
final class Sharing {
    private static final int NAMES_SHOWN = 8;

    private Sharing() {}

    private record Range(Tensor tensor, int file, long start, long end) {}

    /// Adds a line for each set of tensors whose bytes overlap, unless all of them go on doing so.
    ///
    /// @param kept which tensors do
    static void describe(List<Tensor> tensors, Predicate<Tensor> kept, List<String> lines) {
        List<Range> ranges = ranges(tensors);
        List<Range> run = new ArrayList<>();
        int file = -1;
        long end = 0;
        for (Range range : ranges) {
            if (range.file() != file || range.start() >= end) {
                line(run, kept, lines);
                run.clear();
                file = range.file();
                end = 0;
            }
            run.add(range);
            end = Math.max(end, range.end());
        }
        line(run, kept, lines);
    }

    private static List<Range> ranges(List<Tensor> tensors) {
        Map<MappedFile, Integer> files = new IdentityHashMap<>();
        List<Range> ranges = new ArrayList<>();
        for (Tensor tensor : tensors) {
            // Of a view with gaps its first piece stands for all.
            TensorData bytes = tensor.data() instanceof StridedData view ? view.first() : tensor.data();
            @Nullable MappedFile file = bytes.file();
            if (file != null && bytes.byteSize() > 0) {
                long start = bytes.fileOffset();
                Integer number = files.computeIfAbsent(file, unseen -> files.size());
                ranges.add(new Range(tensor, number, start, start + bytes.byteSize()));
            }
        }
        ranges.sort(Comparator.comparingInt(Range::file).thenComparingLong(Range::start));
        return ranges;
    }

    private static void line(List<Range> run, Predicate<Tensor> kept, List<String> lines) {
        List<Range> lost =
                run.stream().filter(range -> !kept.test(range.tensor())).toList();
        if (run.size() > 1 && !lost.isEmpty()) {
            lines.add("sharing of bytes by "
                    + run.stream()
                            .limit(NAMES_SHOWN)
                            .map(range -> "\"" + Printable.of(range.tensor().name()) + "\"")
                            .collect(Collectors.joining(", "))
                    + (run.size() > NAMES_SHOWN ? " and " + (run.size() - NAMES_SHOWN) + " more" : "")
                    + (lost.size() == run.size() ? ": each is" : ": " + lost.size() + " of them are")
                    + " written in full");
        }
    }
}
