package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.Progress;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.option.Writing;
import dev.modelfile.cli.terminal.ProgressLine;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.spi.WritePlan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What `convert`, `split` and `merge` have in common: from one model make another, and say what was done.
abstract class Conversions extends Verb {
    private static final int DROPPED_SHOWN = 50;
    /// Below this the rate is that of starting and waiting for the disk.
    private static final long WORTH_A_RATE = 16L << 20;

    @Parameters(index = "0", paramLabel = "IN", description = "A file, a shard index, or a folder with one.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT", description = "The file to write; shards get names made from it.")
    private Path out;

    @Mixin
    private Reading reading;

    @Mixin
    private Writing writing;

    @Option(names = "--force", description = "Replace files that exist; OUT may be IN.")
    private boolean force;

    @Option(names = "--dry-run", description = "Say what would be done, and write nothing.")
    private boolean dryRun;

    @Option(names = "--report", paramLabel = "FILE", description = "Also write what was done as JSON to this file.")
    private @Nullable Path reportFile;

    @Option(
            names = "--progress",
            paramLabel = "MODE",
            defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private ProgressLine.Mode progressMode;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "How to say what was done: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Plain format;

    Conversions(Screen screen) {
        super(screen);
    }

    /// Adds what is special about a verb.
    abstract void configure(Conversion conversion, ModelFormat target);

    /// What is to be done instead if the output is a copy of an ONNX model; null if it is not.
    @Nullable
    GraphConversion graph(ModelFormat target) {
        return null;
    }

    /// Adds to the options how to divide the model into files.
    abstract WriteOptions divide(WriteOptions options);

    /// The format asked for, or null to go by the name of the output and, if need be, the format of the input.
    abstract @Nullable String target();

    /// Whether the output has the input's format if its name does not say otherwise.
    abstract boolean keepsFormat();

    @Override
    final int run() throws IOException {
        if (dryRun && reportFile != null) {
            throw new UsageException("--dry-run writes nothing, not even a --report; use --format json");
        }
        refuseFolder(out);
        ModelFormat target = targetFormat();
        if (reportFile != null) {
            refuseFolder(reportFile);
            refuseExisting(reportFile);
        }
        try (ProgressLine progress = new ProgressLine(screen(), progressMode, "writing")) {
            Conversion conversion = Conversion.from(in)
                    .formats(reading.formats())
                    .reading(reading.options())
                    .writing(divide(writing.options(force)))
                    .onProgress(progress);
            configure(conversion, target);
            GraphConversion graph = graph(target);
            Conversion.Report report = graph != null
                    ? graph.run(in, out, reading, divide(writing.options(force)), dryRun, progress)
                    : dryRun ? conversion.plan(out, target) : conversion.write(out, target);
            double seconds = progress.seconds();
            progress.clear();
            if (dryRun) {
                for (Conversion.Output file : report.outputs()) {
                    refuseExisting(file.path());
                }
            }
            tell(report, target, seconds);
        }
        return OK;
    }

    private ModelFormat targetFormat() throws IOException {
        String asked = target();
        if (asked != null) {
            return Reading.named(asked);
        }
        var byName = ModelFormats.installed().byExtension(out);
        if (byName.isEmpty() && keepsFormat()) {
            return reading.formats().detect(in);
        }
        return byName.orElseThrow(() -> new UsageException(
                "the name '" + out + "' does not tell the format to write; give --to with one of " + Reading.names()));
    }

    /// A folder in the place of a file to write is a mistake even with --force.
    static void refuseFolder(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "is a folder; name the file to write");
        }
    }

    private void refuseExisting(Path file) throws FileAlreadyExistsException {
        if (!force && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(file.toString());
        }
    }

    private void tell(Conversion.Report report, ModelFormat target, double seconds) throws IOException {
        if (reportFile != null) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            json(bytes, report, target, seconds);
            WritePlan.Section all = WritePlan.Section.of(0, MemorySegment.ofArray(bytes.toByteArray()));
            String name = String.valueOf(reportFile.getFileName());
            new WritePlan(List.of(new WritePlan.File(name, bytes.size(), List.of(all))))
                    .write(reportFile, writing.options(force), Progress.NONE);
        }
        if (format == Format.Plain.JSON) {
            json(screen().out(), report, target, seconds);
        } else {
            human(report, target, seconds);
        }
    }

    private void human(Conversion.Report report, ModelFormat target, double seconds) {
        Screen screen = screen();
        String verb = dryRun ? "would write " : "wrote ";
        for (Conversion.Output file : report.outputs()) {
            screen.line(verb + screen.safe(file.path().toString()) + "  " + Sizes.bytes(file.bytes()));
        }
        screen.line(target.name() + ", " + Sizes.count(report.tensors().size(), "tensor") + ", "
                + Sizes.bytes(report.bytes())
                + (dryRun ? "" : " in " + Sizes.seconds(seconds))
                + (dryRun || report.bytes() < WORTH_A_RATE ? "" : ", " + Sizes.rate(report.bytes(), seconds)));
        types(report)
                .forEach(
                        (types, count) -> screen.line("  " + screen.safe(types) + "  " + Sizes.count(count, "tensor")));
        long renamed = report.tensors().stream()
                .filter(change -> !change.from().equals(change.to()))
                .count();
        if (renamed > 0) {
            screen.line("  " + Sizes.count(renamed) + " renamed");
        }
        if (!report.skipped().isEmpty()) {
            screen.line("  " + Sizes.count(report.skipped().size()) + " left out, as asked");
        }
        report.dropped().stream().limit(DROPPED_SHOWN).forEach(line -> screen.line("  dropped " + screen.safe(line)));
        if (report.dropped().size() > DROPPED_SHOWN) {
            screen.line("  dropped " + Sizes.count(report.dropped().size() - DROPPED_SHOWN)
                    + " more; --format json and --report have all");
        }
        report.notes().stream().limit(DROPPED_SHOWN).forEach(line -> screen.line("  " + screen.safe(line)));
        if (report.notes().size() > DROPPED_SHOWN) {
            screen.line("  and " + Sizes.count(report.notes().size() - DROPPED_SHOWN, "more remark")
                    + "; --format json and --report have all");
        }
    }

    /// How many tensors have, or have got, which type.
    private static Map<String, Long> types(Conversion.Report report) {
        Map<String, Long> types = new TreeMap<>();
        for (Conversion.Change change : report.tensors()) {
            String to = change.toType().name();
            String from = change.fromType().name();
            types.merge(from.equals(to) ? to : from + " → " + to, 1L, Long::sum);
        }
        return types;
    }

    private void json(OutputStream target, Conversion.Report report, ModelFormat written, double seconds) {
        try (Json json = Json.versioned(target)) {
            json.put("source", in.toString()).put("format", written.name()).put("dryRun", dryRun);
            json.array("files");
            for (Conversion.Output file : report.outputs()) {
                json.object()
                        .put("path", file.path().toString())
                        .put("bytes", file.bytes())
                        .end();
            }
            json.end().put("bytes", report.bytes()).put("seconds", seconds);
            json.put("bytesPerSecond", seconds > 0 ? Math.round(report.bytes() / seconds) : 0);
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
