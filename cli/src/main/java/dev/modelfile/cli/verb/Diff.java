package dev.modelfile.cli.verb;

import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.ProgressLine;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.values.Comparison;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Compares two models.
@Command(
        name = "diff",
        description = {
            "Compare two models of any formats: metadata, and by name the tensors' types, shapes and values.",
            "Memory use does not grow with the models."
        },
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {"0:no difference", "1:they differ", Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Diff extends Verb {
    @Parameters(index = "0", paramLabel = "A", description = "A model.")
    private Path a;

    @Parameters(index = "1", paramLabel = "B", description = "Another one.")
    private Path b;

    @Mixin
    private Reading reading;

    @Option(names = "--names-only", description = "Compare names, types and shapes, not values and metadata.")
    private boolean namesOnly;

    @Option(names = "--metadata-only", description = "Compare metadata only.")
    private boolean metadataOnly;

    @Option(names = "--ignore-metadata", description = "Do not compare metadata.")
    private boolean ignoreMetadata;

    @Option(names = "--ignore-dtype", description = "Another type alone is no difference; values are compared.")
    private boolean ignoreType;

    @Option(
            names = "--atol",
            paramLabel = "X",
            defaultValue = "0",
            description = "Values that differ by at most this are equal; default ${DEFAULT-VALUE}.")
    private double tolerance;

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
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Plain format;

    /// The verb.
    public Diff(Screen screen) {
        super(screen);
    }

    @Override
    int run() throws IOException {
        if (!(tolerance >= 0)) {
            throw new UsageException("--atol: " + tolerance + " is not a tolerance");
        }
        if (metadataOnly && (namesOnly || ignoreMetadata)) {
            throw new UsageException("--metadata-only excludes --names-only and --ignore-metadata");
        }
        try (ModelFile left = reading.open(a);
                ModelFile right = reading.open(b);
                ProgressLine progress = new ProgressLine(screen(), progressMode, "comparing")) {
            if (format == Format.Plain.HUMAN) {
                DiffText text = new DiffText(screen(), progress);
                compare(left, right, text, progress);
                text.close();
                return text.differs() ? FOUND : OK;
            }
            try (Json json = Json.versioned(screen().out())) {
                json.put("a", a.toString()).put("b", b.toString());
                DiffJson document = new DiffJson(json);
                compare(left, right, document, progress);
                document.close();
                return document.differs() ? FOUND : OK;
            }
        }
    }

    private void compare(ModelFile left, ModelFile right, DiffReport report, ProgressLine progress) throws IOException {
        report.metadata();
        if (!namesOnly && !ignoreMetadata) {
            metadata(left.metadata(), right.metadata(), report);
        }
        report.tensors();
        if (!metadataOnly) {
            tensors(left, right, report, progress);
        }
    }

    private static void metadata(Metadata left, Metadata right, DiffReport report) {
        Set<String> keys = new LinkedHashSet<>(left.keys());
        keys.addAll(right.keys());
        for (String key : keys) {
            Value old = left.find(key).orElse(null);
            Value now = right.find(key).orElse(null);
            boolean same = old != null && now != null && single(key, old).equals(single(key, now));
            if (!same) {
                report.metadata(key, old, now);
            }
        }
    }

    /// [Metadata#equals] compares arrays whoever holds them.
    private static Metadata single(String key, Value value) {
        return Metadata.empty().with(key, value);
    }

    private void tensors(ModelFile left, ModelFile right, DiffReport report, ProgressLine progress) throws IOException {
        long total = namesOnly ? 0 : left.tensors().byteSize();
        long done = 0;
        for (Tensor old : left.tensors()) {
            Tensor now = right.tensors().find(old.name()).orElse(null);
            if (now == null) {
                report.removed(old);
            } else {
                compare(old, now, report, progress, done, total);
            }
            done += old.byteSize();
        }
        Set<String> names = new HashSet<>(left.tensors().names());
        for (Tensor now : right.tensors()) {
            if (!names.contains(now.name())) {
                report.added(now);
            }
        }
    }

    private void compare(Tensor old, Tensor now, DiffReport report, ProgressLine progress, long done, long total)
            throws IOException {
        if (!old.shape().equals(now.shape())) {
            report.changed(old, now, null);
            return;
        }
        boolean sameType = ignoreType || Objects.equals(old.dtype(), now.dtype());
        if (namesOnly) {
            if (sameType) {
                report.same(old);
            } else {
                report.changed(old, now, null);
            }
            return;
        }
        long elements = Math.max(1, old.shape().elements());
        long[] read = new long[1];
        Comparison values = Comparison.of(old, now, tolerance, n -> {
            read[0] += n;
            progress.update(old.name(), done + (long) ((double) read[0] / elements * old.byteSize()), total);
        });
        if (sameType && values.isSame()) {
            report.same(old);
        } else {
            report.changed(old, now, values);
        }
    }
}
