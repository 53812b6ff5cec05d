package dev.modelfile.gguf;

import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadOptions;
import java.io.IOException;
import java.nio.file.Path;

/// The way in for those who know that they have GGUF.
public final class Gguf {
    /// The format.
    public static final ModelFormat FORMAT = new GgufFormat();

    private Gguf() {}

    /// Opens a model: a file, or the first of its shards.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static GgufFile open(Path path) throws IOException {
        return open(path, ReadOptions.defaults());
    }

    /// Opens a model: a file, or the first of its shards.
    ///
    /// Read strictly, exactly those models open that llama.cpp's loader takes, except that shapes whose element count
    /// wraps around are always refused.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static GgufFile open(Path path, ReadOptions options) throws IOException {
        return ModelReader.read(path, options);
    }

    /// Opens a model that is embedded in another file and ends with it or before.
    ///
    /// @param offset where the model begins in the file; alignment counts from there
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static GgufFile openAt(Path path, long offset, ReadOptions options) throws IOException {
        return ModelReader.readAt(path, offset, options);
    }

    /// A writer.
    public static ModelWriter writer() {
        return ModelWriter.of(FORMAT);
    }
}
