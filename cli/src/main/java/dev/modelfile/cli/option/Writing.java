package dev.modelfile.cli.option;

import dev.modelfile.WriteOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How to write models.
public final class Writing {
    @Option(
            names = "--align",
            paramLabel = "BYTES",
            converter = ByteSize.Converter.class,
            description = "Begin the data at a multiple of this power of two, up to a page.")
    private @Nullable ByteSize alignment;

    @Option(
            names = "--reserve-header",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "Leave so much room in the header that later edits need not move the data.")
    private @Nullable ByteSize headerRoom;

    @Option(
            names = "--no-sync",
            description = "Do not wait until the data is on the disk: faster, but a power cut may lose it.")
    private boolean noSync;

    /// The options, without sharding.
    ///
    /// @param overwrite whether to replace files
    /// @throws UsageException if the alignment is no power of two
    public WriteOptions options(boolean overwrite) {
        WriteOptions options = WriteOptions.defaults()
                .withOverwrite(overwrite)
                .withSync(!noSync)
                .withHeaderRoom(headerRoom == null ? 0 : headerRoom.asInt());
        try {
            return options.withAlignment(alignment == null ? 0 : alignment.asInt());
        } catch (IllegalArgumentException noPowerOfTwo) {
            throw new UsageException("--align: " + noPowerOfTwo.getMessage(), noPowerOfTwo);
        }
    }
}
