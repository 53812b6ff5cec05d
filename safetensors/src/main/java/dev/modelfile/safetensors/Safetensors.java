package dev.modelfile.safetensors;

import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadOptions;
import java.io.IOException;
import java.nio.file.Path;

/// The way in for those who know that they have Safetensors.
public final class Safetensors {
    /// The format.
    public static final ModelFormat FORMAT = new SafetensorsFormat();

    private Safetensors() {}

    /// Opens a file, a `*.safetensors.index.json`, or a folder with one of them.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static SafetensorsFile open(Path path) throws IOException {
        return open(path, ReadOptions.defaults());
    }

    /// Opens a file, a `*.safetensors.index.json`, or a folder with one of them.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static SafetensorsFile open(Path path, ReadOptions options) throws IOException {
        return ModelReader.read(path, options);
    }

    /// A writer.
    public static ModelWriter writer() {
        return ModelWriter.of(FORMAT);
    }

    /// Puts back the header that an interrupted edit in place has left beside a file.
    ///
    /// @return false if there is no such header
    /// @throws IOException if it cannot be written
    public static boolean restoreHeader(Path file) throws IOException {
        return HeaderEdit.restore(file);
    }
}
