package dev.modelfile.cli.verb;

import dev.modelfile.Index;
import dev.modelfile.ModelFile;
import dev.modelfile.Tensor;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.json.Parts;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.ProgressLine;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Style;
import dev.modelfile.cli.values.ArrayPrinter;
import dev.modelfile.cli.values.Histogram;
import dev.modelfile.cli.values.JsonValues;
import dev.modelfile.cli.values.NpyFile;
import dev.modelfile.cli.values.Statistics;
import dev.modelfile.io.Segments;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows one tensor.
@Command(
        name = "show",
        description = "Show one tensor: its values, statistics, a histogram; or export it.",
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Show extends Verb {
    private static final int BAR = 40;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A file, a shard index, or a folder with one.")
    private Path path;

    @Parameters(index = "1", paramLabel = "TENSOR", description = "The name of a tensor.")
    private String name;

    @Mixin
    private Reading reading;

    @Option(
            names = "--slice",
            paramLabel = "INDEX",
            description = "Take only a part, written as in NumPy: '1:3, ::2', '-1', '..., 0'.")
    private @Nullable String slice;

    @Option(names = "--stats", description = "Count, extremes, mean, deviation, norm, zeros, NaN, infinities.")
    private boolean stats;

    @Option(names = "--histogram", description = "How the values are spread.")
    private boolean histogram;

    @Option(names = "--bins", paramLabel = "N", defaultValue = "20", description = "Default ${DEFAULT-VALUE}.")
    private int bins;

    @Option(names = "--values", description = "With --format json: all values, row-major. With --stats: values too.")
    private boolean values;

    @Option(names = "--raw", paramLabel = "FILE", description = "Write the stored bytes; '-' is standard output.")
    private @Nullable String raw;

    @Option(names = "--npy", paramLabel = "FILE", description = "Write a NumPy file; '-' is standard output.")
    private @Nullable String npy;

    @Option(names = "--force", description = "Replace a file that exists.")
    private boolean force;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Plain format;

    /// The verb.
    public Show(Screen screen) {
        super(screen);
    }

    @Override
    int run() throws IOException {
        if (bins < 1 || bins > 10_000) {
            throw new UsageException("--bins: " + bins + " is not between 1 and 10000");
        }
        if (raw != null && npy != null) {
            throw new UsageException("--raw and --npy exclude each other");
        }
        List<Index> indices = slice == null ? List.of(Index.ellipsis()) : parse(slice);
        try (ModelFile model = reading.open(path)) {
            Tensor whole = model.tensor(name);
            Tensor tensor = slice == null ? whole : whole.slice(indices);
            if (raw != null) {
                export(NpyFile.raw(fileName(raw), tensor), raw);
            } else if (npy != null) {
                export(NpyFile.plan(fileName(npy), tensor), npy);
            } else {
                show(model, tensor);
            }
            return OK;
        }
    }

    private static List<Index> parse(String slice) {
        try {
            return Index.parse(slice);
        } catch (IllegalArgumentException noIndex) {
            throw new UsageException("--slice: " + noIndex.getMessage(), noIndex);
        }
    }

    private static String fileName(String file) {
        return String.valueOf(Path.of(file).getFileName());
    }

    private void export(WritePlan plan, String file) throws IOException {
        if (!file.equals("-")) {
            Path target = Path.of(file);
            Conversions.refuseFolder(target);
            try (ProgressLine progress = new ProgressLine(screen(), ProgressLine.Mode.AUTO, "writing")) {
                plan.write(target, WriteOptions.defaults().withOverwrite(force), progress);
            }
            screen().hint("wrote " + file + ", " + Sizes.bytes(plan.totalBytes()));
            return;
        }
        if (screen().terminal().out()) {
            throw new UsageException("standard output is a terminal; name a file or use a pipe");
        }
        var channel = Channels.newChannel(screen().out());
        for (WritePlan.Section section : plan.files().get(0).sections()) {
            section.content().writeTo(bytes -> Segments.write(bytes, channel));
        }
    }

    private void show(ModelFile model, Tensor tensor) throws IOException {
        Statistics statistics = null;
        Histogram bars = null;
        if (stats || histogram) {
            if (!Statistics.possible(tensor)) {
                throw new IllegalArgumentException(
                        "\"" + name + "\" is " + tensor.dtype().name() + ", which has no real number values");
            }
            long elements = Math.max(1, tensor.shape().elements());
            try (ProgressLine progress = new ProgressLine(screen(), ProgressLine.Mode.AUTO, "reading")) {
                statistics = Statistics.of(
                        tensor,
                        done -> progress.update(
                                "", (long) ((double) done / elements * tensor.byteSize()), tensor.byteSize()));
                bars = histogram ? Histogram.of(tensor, statistics, bins) : null;
            }
        }
        if (format == Format.Plain.JSON) {
            json(model, tensor, statistics, bars);
        } else {
            human(model, tensor, statistics, bars);
        }
    }

    private void human(ModelFile model, Tensor tensor, @Nullable Statistics statistics, @Nullable Histogram bars)
            throws IOException {
        Screen screen = screen();
        String part = Parts.of(model).of(tensor);
        String place = part == null || tensor.offset().isEmpty()
                ? ""
                : ", " + part + " @ 0x" + Long.toHexString(tensor.offset().getAsLong());
        screen.line(screen.style(Style.BOLD, screen.safe(tensor.name())) + "  "
                + screen.safe(tensor.dtype().name() + " " + tensor.shape() + ", "
                        + Sizes.count(tensor.shape().elements(), "element") + ", " + Sizes.bytes(tensor.byteSize())
                        + place));
        if (values || statistics == null) {
            int columns = screen.terminal().out() ? screen.terminal().columns() : 100;
            ArrayPrinter.print(tensor, columns, screen.terminal().unicode(), screen::line);
        }
        if (statistics != null && stats) {
            statistics(statistics);
        }
        if (bars != null) {
            bars(bars);
        }
    }

    private void statistics(Statistics statistics) {
        row("count", Sizes.count(statistics.count()));
        row("min", statistics.minText());
        row("max", statistics.maxText());
        row("mean", Double.toString(statistics.mean()));
        row("std", Double.toString(statistics.std()));
        row("absmax", Double.toString(statistics.absMax()));
        row("l2", Double.toString(statistics.l2()));
        row(
                "zeros",
                Sizes.count(statistics.zeros()) + " (" + Sizes.percent(statistics.zeros(), statistics.count()) + ")");
        row("nan", Sizes.count(statistics.nans()));
        row("inf", Sizes.count(statistics.infinities()));
    }

    private void row(String label, String text) {
        screen().line(String.format(Locale.ROOT, "%-7s", label) + text);
    }

    private void bars(Histogram bars) {
        if (Double.isNaN(bars.min())) {
            screen().line("no finite values");
            return;
        }
        for (int i = 0; i < bars.counts().length; i++) {
            String bar = bars.bar(i, BAR, screen().terminal().unicode());
            screen().line(String.format(Locale.ROOT, "%13.6g  %,15d  %s", bars.edge(i), bars.counts()[i], bar)
                    .stripTrailing());
        }
        screen().line(String.format(Locale.ROOT, "%13.6g", bars.max()));
    }

    private void json(ModelFile model, Tensor tensor, @Nullable Statistics statistics, @Nullable Histogram bars)
            throws IOException {
        try (Json json = Json.versioned(screen().out())) {
            ModelJson.head(json, model);
            json.object("tensor");
            ModelJson.tensor(json, tensor, Parts.of(model), null);
            json.end().put("slice", slice);
            if (statistics != null) {
                JsonValues.statistics(json, statistics);
            }
            if (bars != null) {
                JsonValues.histogram(json, bars);
            }
            if (values) {
                JsonValues.values(json, tensor);
            }
        }
    }
}
