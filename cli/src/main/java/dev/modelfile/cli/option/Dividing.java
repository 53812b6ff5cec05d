package dev.modelfile.cli.option;

import dev.modelfile.WriteOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How to divide a model into files.
public final class Dividing {
    @Option(
            names = "--max-shard-size",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "Split into files whose tensors take at most so much, as in 5GB.")
    private @Nullable ByteSize maxBytes;

    @Option(names = "--max-tensors", paramLabel = "N", description = "Split into files of at most so many tensors.")
    private @Nullable Integer maxTensors;

    /// Whether a bound is given.
    public boolean isAsked() {
        return maxBytes != null || maxTensors != null;
    }

    /// The options with bounds for each file.
    ///
    /// @throws UsageException if a bound is nonsense
    public WriteOptions apply(WriteOptions options) {
        if (maxTensors != null && maxTensors < 1) {
            throw new UsageException("--max-tensors is at least 1");
        }
        if (maxBytes != null && maxBytes.bytes() == 0) {
            throw new UsageException("--max-shard-size is at least 1");
        }
        return options.withMaxShardBytes(maxBytes == null ? 0 : maxBytes.bytes())
                .withMaxShardTensors(maxTensors == null ? 0 : maxTensors);
    }
}
