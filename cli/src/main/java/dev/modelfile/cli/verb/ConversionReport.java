package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFormat;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Table;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Says what a conversion has done, or would do.
///
/// @param source the model
/// @param format the format written
/// @param report what was done
/// @param dryRun whether nothing was written
/// @param seconds how long it took
record ConversionReport(Path source, ModelFormat format, Conversion.Report report, boolean dryRun, double seconds) {
    private static final int LINES_SHOWN = 50;
    /// Below this the rate is that of starting and waiting for the disk.
    private static final long WORTH_A_RATE = 16L << 20;

    /// For people: before writing, every tensor; afterwards, the files and how many tensors have which type.
    void human(Screen screen, Consumer<Consumer<String>> more) {
        if (dryRun) {
            table().print(screen);
        }
        String verb = dryRun ? "would write " : "wrote ";
        for (Conversion.Output file : report.outputs()) {
            screen.line(verb + screen.safe(file.path().toString()) + "  " + Sizes.bytes(file.bytes()));
        }
        screen.line(format.name() + ", " + Sizes.count(report.tensors().size(), "tensor") + ", "
                + Sizes.bytes(report.bytes())
                + (dryRun ? "" : " in " + Sizes.seconds(seconds))
                + (dryRun || report.bytes() < WORTH_A_RATE ? "" : ", " + Sizes.rate(report.bytes(), seconds)));
        more.accept(line -> screen.line("  " + screen.safe(line)));
        types().forEach((types, count) -> screen.line("  " + screen.safe(types) + "  " + Sizes.count(count, "tensor")));
        long renamed =
                report.tensors().stream().filter(ConversionReport::isRenamed).count();
        if (renamed > 0) {
            screen.line("  " + Sizes.count(renamed) + " renamed");
        }
        if (!report.skipped().isEmpty()) {
            screen.line("  " + Sizes.count(report.skipped().size()) + " left out, as asked");
        }
        lines(screen, "dropped ", report.dropped());
        lines(screen, "", report.notes());
    }

    private static void lines(Screen screen, String begin, List<String> lines) {
        lines.stream().limit(LINES_SHOWN).forEach(line -> screen.line("  " + begin + screen.safe(line)));
        if (lines.size() > LINES_SHOWN) {
            screen.line("  " + begin + Sizes.count(lines.size() - LINES_SHOWN)
                    + " more; --format json and --report have all");
        }
    }

    private static boolean isRenamed(Conversion.Change change) {
        return !change.from().equals(change.to());
    }

    private Table table() {
        boolean renamed = report.tensors().stream().anyMatch(ConversionReport::isRenamed);
        Table table =
                new Table().text("tensor").text("shape").text("from").text("to").number("bytes");
        if (renamed) {
            table.text("new name");
        }
        for (Conversion.Change change : report.tensors()) {
            String[] cells = {
                change.from(),
                change.shape().toString(),
                change.fromType().name(),
                change.toType().name(),
                Sizes.count(change.bytes()),
                isRenamed(change) ? change.to() : ""
            };
            table.row(renamed ? cells : java.util.Arrays.copyOf(cells, cells.length - 1));
        }
        return table;
    }

    /// How many tensors have, or have got, which type.
    private Map<String, Long> types() {
        Map<String, Long> types = new TreeMap<>();
        for (Conversion.Change change : report.tensors()) {
            String to = change.toType().name();
            String from = change.fromType().name();
            types.merge(from.equals(to) ? to : from + " → " + to, 1L, Long::sum);
        }
        return types;
    }

    /// For programs: everything.
    void json(OutputStream target, Consumer<Json> more) {
        try (Json json = Json.versioned(target)) {
            json.put("source", source.toString()).put("format", format.name()).put("dryRun", dryRun);
            json.array("files");
            for (Conversion.Output file : report.outputs()) {
                json.object()
                        .put("path", file.path().toString())
                        .put("bytes", file.bytes())
                        .end();
            }
            json.end().put("bytes", report.bytes()).put("seconds", seconds);
            json.put("bytesPerSecond", seconds > 0 ? Math.round(report.bytes() / seconds) : 0);
            more.accept(json);
            json.array("tensors");
            report.tensors().forEach(change -> change(json, change));
            json.end();
            strings(json, "skipped", report.skipped());
            strings(json, "dropped", report.dropped());
            strings(json, "notes", report.notes());
        }
    }

    private static void change(Json json, Conversion.Change change) {
        json.object()
                .put("from", change.from())
                .put("to", change.to())
                .put("fromDtype", change.fromType().name())
                .put("toDtype", change.toType().name());
        ModelJson.shape(json, change.shape());
        json.put("bytes", change.bytes()).end();
    }

    private static void strings(Json json, String key, List<String> texts) {
        json.array(key);
        texts.forEach(json::add);
        json.end();
    }
}
