package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.Progress;
import dev.modelfile.ReadOptions;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.option.Writing;
import dev.modelfile.cli.terminal.ProgressLine;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.spi.WritePlan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// What `convert`, `quantize`, `split` and `merge` have in common: from one model make another, and say what was done.
abstract class Conversions extends Verb {
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

    /// What is to be done, and how.
    ///
    /// @param out the file to write
    /// @param reading how to read
    /// @param writing how to write
    /// @param dryRun whether only to say what would be written
    /// @param progress who is told how far it has come
    record Task(Path out, ReadOptions reading, WriteOptions writing, boolean dryRun, Progress progress) {}

    /// Adds what is special about a verb.
    abstract void configure(Conversion conversion, ModelFormat target);

    /// Converts, or says what would be done.
    Conversion.Report perform(Conversion conversion, ModelFormat target, Task task) throws IOException {
        return task.dryRun() ? conversion.plan(task.out(), target) : conversion.write(task.out(), target);
    }

    /// What was asked for and has had no effect, a line each.
    List<String> idle() {
        return List.of();
    }

    /// Adds to the options how to divide the model into files.
    abstract WriteOptions divide(WriteOptions options);

    /// The format asked for, or null to go by the name of the output and, if need be, the format of the input.
    abstract @Nullable String target();

    /// Whether the output has the input's format if its name does not say otherwise.
    abstract boolean keepsFormat();

    /// Adds lines for people about the whole result.
    void say(Consumer<String> lines) {}

    /// Adds members for programs about the whole result.
    void list(Json json) {}

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
        WriteOptions options = divide(writing.options(force));
        if (!dryRun && !options.sharded()) {
            refuseExisting(out);
        }
        try (ProgressLine progress = new ProgressLine(screen(), progressMode, "writing")) {
            Conversion conversion = Conversion.from(in)
                    .formats(reading.formats())
                    .reading(reading.options())
                    .writing(options)
                    .onProgress(progress);
            configure(conversion, target);
            Conversion.Report report =
                    perform(conversion, target, new Task(out, reading.options(), options, dryRun, progress));
            double seconds = progress.seconds();
            progress.clear();
            if (dryRun) {
                for (Conversion.Output file : report.outputs()) {
                    refuseExisting(file.path());
                }
            }
            tell(new ConversionReport(in, target, report, dryRun, seconds));
            idle().forEach(screen()::hint);
            if (report.tensors().isEmpty() && !report.skipped().isEmpty()) {
                screen().hint("no tensor is left, all are left out");
            }
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

    private void tell(ConversionReport report) throws IOException {
        if (reportFile != null) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            report.json(bytes, this::list);
            WritePlan.Section all = WritePlan.Section.of(0, MemorySegment.ofArray(bytes.toByteArray()));
            String name = String.valueOf(reportFile.getFileName());
            new WritePlan(List.of(new WritePlan.File(name, bytes.size(), List.of(all))))
                    .write(reportFile, writing.options(force), Progress.NONE);
        }
        if (format == Format.Plain.JSON) {
            report.json(screen().out(), this::list);
        } else {
            report.human(screen(), this::say);
        }
    }
}
