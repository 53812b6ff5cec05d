package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFormat;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.option.Dividing;
import dev.modelfile.cli.option.GraphOptions;
import dev.modelfile.cli.option.Selecting;
import dev.modelfile.cli.option.TypeRules;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.onnx.OnnxEdit;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
            description = "Give tensors another type: BF16 for all floats, F32=BF16 or 'F8_*=BF16' for those of a type,"
                    + " '.*norm.*=F32' or '*.bias=F32' by name. The first rule that matches decides.")
    private List<String> types = new ArrayList<>();

    @Mixin
    private Selecting selecting;

    @Mixin
    private Dividing dividing;

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

    private TypeRules rules = TypeRules.NONE;

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
        selecting.apply(conversion);
        if (target.name().equals(Onnx.FORMAT.name())) {
            selecting.needing(OnnxEdit::missing);
        }
        rules = TypeRules.parse(types, target);
        conversion.type(rules);
    }

    @Override
    Conversion.Report perform(Conversion conversion, ModelFormat target, Task task) throws IOException {
        if (!graph.isAsked()) {
            return super.perform(conversion, target, task);
        }
        if (!target.name().equals(Onnx.FORMAT.name())) {
            throw new UsageException(
                    "--into, --weights, --threshold, --checksum and --deduplicate make an ONNX model, not "
                            + target.name());
        }
        return new GraphConversion(graph, selecting, rules).run(conversion, task);
    }

    @Override
    List<String> idle() {
        List<String> idle = new ArrayList<>(selecting.idle());
        idle.addAll(rules.idle());
        return idle;
    }

    @Override
    WriteOptions divide(WriteOptions options) {
        if (version < 0) {
            throw new UsageException("--format-version is at least 1");
        }
        return dividing.apply(options)
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
