package dev.modelfile.cli.verb;

import dev.modelfile.DType;
import dev.modelfile.ModelFile;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.option.ByteSize;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.option.Writing;
import dev.modelfile.cli.terminal.ProgressLine;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.gguf.FileType;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.gguf.GgufFile;
import dev.modelfile.gguf.ImportanceMatrix;
import dev.modelfile.gguf.Quantization;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Quantises a model.
@Command(
        name = "quantize",
        description = {
            "Quantise a model as llama-quantize does: the same types for the same tensors, and the same bytes.",
            "Which type a tensor gets depends on names and metadata as GGUF has them, so IN has to be GGUF."
        },
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Quantize extends Verb {
    @Parameters(index = "0", paramLabel = "IN", description = "A GGUF file, or the first of its shards.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT", description = "The GGUF file to write; shards get names made from it.")
    private Path out;

    @Mixin
    private Reading reading;

    @Mixin
    private Writing writing;

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

    @Option(
            names = "--max-shard-size",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "Split into files whose tensors take at most so much, as in 5GB.")
    private @Nullable ByteSize maxBytes;

    @Option(names = "--max-tensors", paramLabel = "N", description = "Split into files of at most so many tensors.")
    private int maxTensors;

    @Option(names = "--force", description = "Replace files that exist; OUT may be IN.")
    private boolean force;

    @Option(names = "--dry-run", description = "Say which tensor would get which type, and write nothing.")
    private boolean dryRun;

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

    /// The verb.
    public Quantize(Screen screen) {
        super(screen);
    }

    @Override
    int run() throws IOException {
        FileType target = target();
        WriteOptions options = Split.divide(writing.options(force), maxBytes, maxTensors);
        Conversions.refuseFolder(out);
        if (!force && !options.sharded() && Files.exists(out, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(out.toString());
        }
        try (ModelFile model = reading.open(in);
                ProgressLine progress = new ProgressLine(screen(), progressMode, "quantising")) {
            if (!(model instanceof GgufFile)) {
                throw new IOException(in + ": is " + model.format().name()
                        + "; names and metadata of GGUF are needed to choose the types");
            }
            Quantization quantization = configure(Quantization.of(model, target));
            QuantizeReport report = new QuantizeReport(screen(), in, target, quantization.plan());
            List<Path> written = dryRun ? List.of() : quantization.write(out, options, progress);
            double seconds = progress.seconds();
            progress.clear();
            if (format == Format.Plain.JSON) {
                report.json(written, dryRun, seconds);
            } else {
                report.human(written, dryRun, seconds);
            }
        }
        return OK;
    }

    private FileType target() {
        return FileType.named(mix)
                .orElseThrow(() -> new UsageException("'" + mix + "' is not the name of a mix; there are "
                        + Arrays.stream(FileType.values()).map(FileType::name).collect(Collectors.joining(", "))));
    }

    private Quantization configure(Quantization quantization) throws IOException {
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
            quantization.importance(ImportanceMatrix.read(imatrix, reading.options()), imatrix.toString());
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
