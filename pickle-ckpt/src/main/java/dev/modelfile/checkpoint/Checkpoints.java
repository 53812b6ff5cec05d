package dev.modelfile.checkpoint;

import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadOptions;
import java.io.IOException;
import java.nio.file.Path;

/// The way in for those who know that they have a PyTorch checkpoint.
public final class Checkpoints {
    /// The format.
    public static final ModelFormat FORMAT = new CheckpointFormat();

    private Checkpoints() {}

    /// Opens a checkpoint file, or a folder of `torch.distributed.checkpoint`. Nothing in it is executed.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static CheckpointFile open(Path path) throws IOException {
        return open(path, ReadOptions.defaults());
    }

    /// Opens a checkpoint file, or a folder of `torch.distributed.checkpoint`, with options. With
    /// [ReadOptions#weightsOnly()] a file that `torch.load(weights_only=True)` refuses is refused.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static CheckpointFile open(Path path, ReadOptions options) throws IOException {
        return CheckpointReader.read(path, options);
    }

    /// A writer of files that `torch.load(weights_only=True)` accepts.
    public static ModelWriter writer() {
        return ModelWriter.of(FORMAT);
    }
}
