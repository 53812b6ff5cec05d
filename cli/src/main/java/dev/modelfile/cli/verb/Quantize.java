package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.DType;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ReadOptions;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.option.Dividing;
import dev.modelfile.cli.option.Selecting;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.gguf.FileType;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.gguf.ImportanceMatrix;
import dev.modelfile.gguf.Quantization;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Quantises a model.
@Command(
        name = "quantize",
        description = {
            "Quantise a model as llama-quantize does: the same types for the same tensors, and the same bytes.",
            "IN may have any format and OUT is GGUF. Which type a tensor gets depends on names and metadata as GGUF has"
                    + " them: tensors with other names get the base type of the mix."
        },
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Quantize extends Conversions {
    @Mixin
    private Selecting selecting;

    @Mixin
    private Dividing dividing;

    @Option(
            names = "--type",
            paramLabel = "MIX",
            required = true,
            description = "The mix, such as Q4_K_M, Q8_0, IQ4_XS or F16.")
    private String mix;

    @Option(names = "--imatrix", paramLabel = "FILE", description = "Weigh columns by this importance matrix.")
    private @Nullable Path imatrix;

    @Option(
            names = "--tensor-type",
            paramLabel = "RE=TYPE",
            description = "The type of tensors in whose name this is found, in lower case. The first match decides.")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--output-tensor-type", paramLabel = "TYPE", description = "The type of output.weight.")
    private @Nullable String outputType;

    @Option(names = "--token-embedding-type", paramLabel = "TYPE", description = "The type of the token embedding.")
    private @Nullable String embeddingType;

    @Option(names = "--pure", description = "Give all tensors the same type, without the rules of the mix.")
    private boolean pure;

    @Option(names = "--leave-output-tensor", description = "Leave output.weight as it is.")
    private boolean keepOutput;

    @Option(names = "--allow-requantize", description = "Take what is quantised already, which costs quality.")
    private boolean requantize;

    @Option(names = "--threads", paramLabel = "N", description = "Default: one for each processor.")
    private @Nullable Integer threads;

    private Quantization.@Nullable Plan plan;

    /// The verb.
    public Quantize(Screen screen) {
        super(screen);
    }

    @Override
    void configure(Conversion conversion, ModelFormat target) {
        fileType();
        selecting.apply(conversion);
    }

    @Override
    Conversion.Report perform(Conversion conversion, ModelFormat target, Task task) throws IOException {
        ModelFormats.installed()
                .byExtension(task.out())
                .filter(format -> !format.name().equals(target.name()))
                .ifPresent(format -> {
                    throw new UsageException("what is quantised is GGUF, and '" + task.out() + "' is the name of "
                            + format.name() + "; call it .gguf");
                });
        try (ModelFile model = conversion.open()) {
            WriteOptions options = task.writing().withByteOrder(model.byteOrder());
            Conversion.View view = conversion.view(model, target);
            Quantization quantization = configure(Quantization.of(view, fileType()), task.reading());
            Quantization.Plan steps = quantization.plan();
            WritePlan files = quantization.layout(task.out(), options);
            List<Path> written = task.dryRun() ? List.of() : quantization.write(task.out(), options, task.progress());
            plan = steps;
            return new Conversion.Report(
                    written,
                    Conversion.Output.of(files, task.out()),
                    changes(view, steps),
                    view.skipped(),
                    view.dropped(),
                    notes(view, steps),
                    files.totalBytes());
        }
    }

    private static List<Conversion.Change> changes(Conversion.View view, Quantization.Plan plan) {
        Map<String, String> origins = new HashMap<>();
        for (int i = 0; i < view.tensors().size(); i++) {
            origins.put(view.tensors().get(i).name(), view.originals().get(i).name());
        }
        return plan.steps().stream()
                .map(step -> new Conversion.Change(
                        origins.getOrDefault(step.tensor().name(), step.tensor().name()),
                        step.tensor().name(),
                        step.tensor().dtype(),
                        step.type(),
                        step.tensor().shape(),
                        step.bytes()))
                .toList();
    }

    private static List<String> notes(Conversion.View view, Quantization.Plan plan) {
        List<String> notes = new ArrayList<>();
        if (view.metadata().find("general.architecture").isEmpty()) {
            notes.add("there is no general.architecture: names and metadata are not those of GGUF, so that the rules of"
                    + " the mix find nothing and llama.cpp will not run it");
        }
        for (Quantization.Step step : plan.steps()) {
            DType unfit = step.unfit();
            if (unfit != null) {
                notes.add("the rows of \"" + step.tensor().name() + "\" do not fill " + unfit.name() + " blocks: "
                        + step.type().name() + " instead");
            }
        }
        return notes;
    }

    @Override
    void say(Consumer<String> lines) {
        if (plan != null) {
            lines.accept(fileType().name() + ", tensors " + Sizes.bytes(plan.bytesBefore()) + " → "
                    + Sizes.bytes(plan.bytesAfter()) + ", "
                    + String.format(Locale.ROOT, "%.2f bits/weight", plan.bitsPerWeight()));
        }
    }

    @Override
    void list(Json json) {
        if (plan != null) {
            json.put("mix", fileType().name())
                    .put("bytesBefore", plan.bytesBefore())
                    .put("bytesAfter", plan.bytesAfter())
                    .put("bitsPerWeight", plan.bitsPerWeight());
        }
    }

    @Override
    List<String> idle() {
        return selecting.idle();
    }

    @Override
    WriteOptions divide(WriteOptions options) {
        return dividing.apply(options);
    }

    @Override
    String target() {
        return Gguf.FORMAT.name();
    }

    @Override
    boolean keepsFormat() {
        return false;
    }

    private FileType fileType() {
        return FileType.named(mix)
                .orElseThrow(() -> new UsageException("'" + mix + "' is not the name of a mix; there are "
                        + Arrays.stream(FileType.values()).map(FileType::name).collect(Collectors.joining(", "))));
    }

    private Quantization configure(Quantization quantization, ReadOptions reading) throws IOException {
        quantization.pure(pure).keepOutput(keepOutput).requantize(requantize);
        if (threads != null) {
            if (threads < 1) {
                throw new UsageException("--threads is at least 1");
            }
            quantization.threads(threads);
        }
        if (outputType != null) {
            quantization.outputType(type(outputType));
        }
        if (embeddingType != null) {
            quantization.embeddingType(type(embeddingType));
        }
        overrides.forEach(rule -> override(quantization, rule));
        if (imatrix != null) {
            quantization.importance(ImportanceMatrix.read(imatrix, reading), imatrix.toString());
        }
        return quantization;
    }

    private static void override(Quantization quantization, String rule) {
        int at = rule.lastIndexOf('=');
        if (at <= 0) {
            throw new UsageException("--tensor-type: '" + rule + "' is not RE=TYPE");
        }
        try {
            quantization.tensorType(rule.substring(0, at), type(rule.substring(at + 1)));
        } catch (PatternSyntaxException broken) {
            throw new UsageException(
                    "--tensor-type: '" + rule + "' begins with no regular expression: " + broken.getDescription(),
                    broken);
        }
    }

    private static DType type(String name) {
        return Gguf.FORMAT
                .typeNamed(name)
                .orElseThrow(() -> new UsageException("'" + name + "' is not the name of a type such as Q6_K or F16"));
    }
}
