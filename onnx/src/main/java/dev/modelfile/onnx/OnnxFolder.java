package dev.modelfile.onnx;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelFormats;
import dev.modelfile.onnx.check.Rules;
import dev.modelfile.shard.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// Finds the file to open in what somebody calls a model: the file itself, or a folder that holds one, beside its
/// external data.
final class OnnxFolder {
    private static final String EXTENSION = ".onnx";

    private OnnxFolder() {}

    /// Whether a folder holds ONNX and no model in another form that a folder may stand for, which goes before it: many
    /// repositories have exported graphs beside the original.
    ///
    /// @throws IOException if it cannot be listed
    static boolean holdsModel(Path folder) throws IOException {
        return !ModelFolder.files(folder, OnnxFolder::isModel).isEmpty()
                && ModelFolder.files(folder, OnnxFolder::isOther).isEmpty();
    }

    private static boolean isModel(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(EXTENSION) && !name.startsWith(".");
    }

    private static boolean isOther(String name) {
        return ModelFolder.isOriginal(name) || name.endsWith(".gguf");
    }

    /// The file to open for a path: in a folder its only model.
    ///
    /// @throws MalformedModelException if a folder has none, or several
    /// @throws ModelFormatException if the file in the folder is known to be something else
    /// @throws IOException if it cannot be listed
    static Path fileOf(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return path;
        }
        List<Path> files = ModelFolder.files(path, OnnxFolder::isModel);
        if (files.size() != 1) {
            String problem = files.isEmpty()
                    ? "the folder has no " + EXTENSION + " file"
                    : "the folder has several models, name one: " + ModelFolder.listed(files);
            throw new MalformedModelException(Rules.FOLDER, path.toString(), "", -1, problem);
        }
        ModelFormats.of(Onnx.FORMAT).detect(files.get(0));
        return files.get(0);
    }
}
