package dev.modelfile.onnx;

import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadOptions;
import java.io.IOException;
import java.nio.file.Path;

/// The way in for those who know that they have ONNX.
public final class Onnx {
    /// The format.
    public static final ModelFormat FORMAT = new OnnxFormat();

    private Onnx() {}

    /// Opens a model with its external data: a file, or a folder with one.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static OnnxFile open(Path path) throws IOException {
        return open(path, ReadOptions.defaults());
    }

    /// Opens a model with its external data: a file, or a folder with one.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static OnnxFile open(Path path, ReadOptions options) throws IOException {
        return ModelReader.read(path, options);
    }

    /// A writer of models that are nothing but initializers: a graph without nodes. To change the weights of a graph,
    /// see
    /// [OnnxEdit].
    public static ModelWriter writer() {
        return ModelWriter.of(FORMAT);
    }
}
