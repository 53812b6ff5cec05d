package dev.modelfile.onnx;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelFormats;
import dev.modelfile.onnx.check.Rules;
import dev.modelfile.spi.Printable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Finds the file to open in what somebody calls a model: the file itself, or a folder that holds one, beside its
/// external data.
final class ModelFolder {
    private static final String EXTENSION = ".onnx";
    private static final int LISTED = 10;

    private ModelFolder() {}

    /// Whether a folder holds ONNX and no model in another form that a folder may stand for, which goes before it: many
    /// repositories have exported graphs beside the original.
    ///
    /// @throws IOException if it cannot be listed
    static boolean holdsModel(Path folder) throws IOException {
        return !list(folder, ModelFolder::isModel).isEmpty()
                && list(folder, ModelFolder::isOther).isEmpty();
    }

    private static boolean isModel(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(EXTENSION) && !name.startsWith(".");
    }

    private static boolean isOther(String name) {
        return name.endsWith(".safetensors")
                || name.endsWith(".index.json")
                || name.endsWith(".gguf")
                || name.equals("pytorch_model.bin")
                || name.equals(".metadata");
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
        List<Path> files = list(path, ModelFolder::isModel);
        if (files.size() != 1) {
            String problem = files.isEmpty()
                    ? "the folder has no " + EXTENSION + " file"
                    : "the folder has several models, name one: " + listed(files);
            throw new MalformedModelException(Rules.FOLDER, path.toString(), "", -1, problem);
        }
        ModelFormats.of(Onnx.FORMAT).detect(files.get(0));
        return files.get(0);
    }

    private static String listed(List<Path> files) {
        String names = files.stream()
                .limit(LISTED)
                .map(file -> Printable.of(String.valueOf(file.getFileName())))
                .collect(Collectors.joining(", "));
        return files.size() > LISTED ? names + ", …" : names;
    }

    private static List<Path> list(Path folder, Predicate<String> named) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> named.test(String.valueOf(file.getFileName())) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException whileListing) {
            throw whileListing.getCause();
        }
    }
}
