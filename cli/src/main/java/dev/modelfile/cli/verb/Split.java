package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFormat;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.option.ByteSize;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.Screen;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Divides a model into several files.
@Command(
        name = "split",
        description = "Divide a model into several files with an index.",
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Split extends Conversions {
    private static final ByteSize USUAL = new ByteSize(5_000_000_000L);

    @Option(
            names = "--max-shard-size",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "The tensors of one file take at most so much; default 5GB unless --max-tensors is given.")
    private @Nullable ByteSize maxBytes;

    @Option(names = "--max-tensors", paramLabel = "N", description = "At most so many tensors in one file.")
    private int maxTensors;

    /// The verb.
    public Split(Screen screen) {
        super(screen);
    }

    @Override
    void configure(Conversion conversion, ModelFormat target) {
        // Everything is copied as it is.
    }

    @Override
    WriteOptions divide(WriteOptions options) {
        return divide(options, maxBytes == null && maxTensors == 0 ? USUAL : maxBytes, maxTensors);
    }

    /// The options with bounds for each file.
    ///
    /// @throws UsageException if a bound is nonsense
    static WriteOptions divide(WriteOptions options, @Nullable ByteSize maxBytes, int maxTensors) {
        if (maxTensors < 0 || maxBytes != null && maxBytes.bytes() == 0) {
            throw new UsageException("a file holds at least one tensor of one byte");
        }
        return options.withMaxShardBytes(maxBytes == null ? 0 : maxBytes.bytes())
                .withMaxShardTensors(maxTensors);
    }

    @Override
    @Nullable
    String target() {
        return null;
    }

    @Override
    boolean keepsFormat() {
        return true;
    }
}
