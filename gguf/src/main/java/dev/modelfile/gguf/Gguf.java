package dev.modelfile.gguf;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadOptions;
import dev.modelfile.scan.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// The way in for those who know that they have GGUF.
public final class Gguf {
    /// The format.
    public static final ModelFormat FORMAT = new GgufFormat();

    private Gguf() {}

    /// Opens a model: a file, the first of its shards, or a folder with nothing else of GGUF.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static GgufFile open(Path path) throws IOException {
        return open(path, ReadOptions.defaults());
    }

    /// Opens a model: a file, the first of its shards, or a folder with nothing else of GGUF.
    ///
    /// Read strictly, no model opens that llama.cpp's loader refuses, see [#verdict].
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

    /// Says whether llama.cpp would load a model: all checks of its GGUF reader and of its model loader, in their
    /// order, up to where it goes on by architecture. It says nothing about what the architecture needs.
    ///
    /// @param path a file, the first of its shards, or a folder with nothing else of GGUF
    /// @return where it stops, and why; empty if it takes the file, which is no promise that [#open] does: llama.cpp
    ///     takes shapes whose number of elements wraps around 2^64
    /// @throws ModelFormatException if a limit is exceeded, so that nothing can be said
    /// @throws IOException if it cannot be read
    public static Optional<Finding> verdict(Path path, ReadOptions options) throws IOException {
        try {
            LoaderVerdict.check(path, options);
            return Optional.empty();
        } catch (MalformedModelException refused) {
            return Optional.of(Finding.of(refused));
        }
    }

    /// A writer.
    public static ModelWriter writer() {
        return ModelWriter.of(FORMAT);
    }
}
