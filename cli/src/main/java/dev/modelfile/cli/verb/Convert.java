package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFormat;
import dev.modelfile.Tensor;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.option.Assignment;
import dev.modelfile.cli.option.ByteSize;
import dev.modelfile.cli.option.GraphOptions;
import dev.modelfile.cli.option.Renaming;
import dev.modelfile.cli.option.TypeRules;
import dev.modelfile.cli.option.TypedValue;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.onnx.Onnx;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Writes a model anew.
@Command(
        name = "convert",
        description = "Write a model anew: another format, other types, fewer tensors, other names or metadata.",
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Convert extends Conversions {
    @Option(names = "--to", paramLabel = "FORMAT", description = "The format to write; default: by the name of OUT.")
    private @Nullable String to;

    @Option(
            names = "--type",
            paramLabel = "[PATTERN=]TYPE",
            description = "Give tensors another type: BF16 for all floats, F32=BF16 for those of a type,"
                    + " '.*norm.*=F32' or '*.bias=F32' by name. The first rule that matches decides.")
    private List<String> types = new ArrayList<>();

    @Option(names = "--include", paramLabel = "RE", description = "Only tensors in whose name this is found.")
    private List<Pattern> includes = new ArrayList<>();

    @Option(names = "--exclude", paramLabel = "RE", description = "No tensors in whose name this is found.")
    private List<Pattern> excludes = new ArrayList<>();

    @Option(
            names = "--rename",
            paramLabel = "RULE",
            description = "Rename tensors: 's/RE/REPLACEMENT/' or 'RE=REPLACEMENT', one rule after the other.")
    private List<String> renamings = new ArrayList<>();

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            converter = Assignment.Converter.class,
            description = "Set metadata; u32:5, bool:true and the like are typed, everything else is text.")
    private List<Assignment> metadata = new ArrayList<>();

    @Option(names = "--remove-metadata", paramLabel = "KEY", description = "Leave metadata out.")
    private List<String> removed = new ArrayList<>();

    @Option(
            names = "--max-shard-size",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "Split into files whose tensors take at most so much, as in 5GB.")
    private @Nullable ByteSize maxBytes;

    @Option(names = "--max-tensors", paramLabel = "N", description = "Split into files of at most so many tensors.")
    private int maxTensors;

    @Option(
            names = "--byte-order",
            paramLabel = "ORDER",
            description = "${COMPLETION-CANDIDATES}, where the format knows both; default: as in IN, if OUT has its"
                    + " format, otherwise little.")
    private @Nullable Order order;

    @Option(
            names = "--format-version",
            paramLabel = "N",
            description = "The version of the format, where it has several; default: as in IN, if OUT has its format,"
                    + " otherwise the newest.")
    private int version;

    @Mixin
    private GraphOptions graph;

    /// In which order the bytes of a number are stored.
    public enum Order {
        /// The most significant first.
        BIG(ByteOrder.BIG_ENDIAN),
        /// The least significant first.
        LITTLE(ByteOrder.LITTLE_ENDIAN);

        private final ByteOrder bytes;

        Order(ByteOrder bytes) {
            this.bytes = bytes;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The verb.
    public Convert(Screen screen) {
        super(screen);
    }

    @Override
    void configure(Conversion conversion, ModelFormat target) {
        conversion
                .select(tensor -> isWanted(tensor.name()))
                .rename(Renaming.all(renamings.stream().map(Renaming::parse).toList()))
                .metadata(this::change);
        if (!types.isEmpty()) {
            conversion.type(TypeRules.parse(types, target));
        }
    }

    @Override
    @Nullable
    GraphConversion graph(ModelFormat target) {
        if (!graph.isAsked()) {
            return null;
        }
        if (!target.name().equals(Onnx.FORMAT.name())) {
            throw new UsageException(
                    "--into, --weights, --threshold, --checksum and --deduplicate make an ONNX model, not "
                            + target.name());
        }
        return new GraphConversion(
                graph,
                tensor -> isWanted(tensor.name()),
                Renaming.all(renamings.stream().map(Renaming::parse).toList()),
                types.isEmpty() ? Tensor::dtype : TypeRules.parse(types, target),
                this::change);
    }

    private boolean isWanted(String name) {
        return (includes.isEmpty()
                        || includes.stream().anyMatch(re -> re.matcher(name).find()))
                && excludes.stream().noneMatch(re -> re.matcher(name).find());
    }

    private Metadata change(Metadata original) {
        Metadata result = original;
        for (String key : removed) {
            result.get(key);
            result = result.without(key);
        }
        for (Assignment entry : metadata) {
            result = result.with(entry.left(), TypedValue.parse(entry.right()));
        }
        return result;
    }

    @Override
    WriteOptions divide(WriteOptions options) {
        if (version < 0) {
            throw new UsageException("--format-version is at least 1");
        }
        return Split.divide(options, maxBytes, maxTensors)
                .withByteOrder(order == null ? null : order.bytes)
                .withVersion(version);
    }

    @Override
    @Nullable
    String target() {
        return to;
    }

    @Override
    boolean keepsFormat() {
        return false;
    }
}
