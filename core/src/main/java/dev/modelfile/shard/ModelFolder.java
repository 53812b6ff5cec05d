package dev.modelfile.shard;

import dev.modelfile.spi.Printable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What formats have to know of a folder that somebody calls a model.
public final class ModelFolder {
    private static final int LISTED = 10;

    private ModelFolder() {}

    /// The regular files of a folder with certain names, sorted.
    ///
    /// @throws IOException if it cannot be listed
    public static List<Path> files(Path folder, Predicate<String> named) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> named.test(String.valueOf(file.getFileName())) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException whileListing) {
            throw whileListing.getCause();
        }
    }

    /// Whether a file of that name says that the folder is a model in a form that is usually kept in folders. Many
    /// repositories have it beside graphs and quantised files made of it, and it goes before them.
    public static boolean isOriginal(String name) {
        return name.endsWith(".safetensors")
                || name.endsWith(".index.json")
                || name.equals("pytorch_model.bin")
                || name.equals(".metadata");
    }

    /// The names of files for a message, not too many.
    public static String listed(List<Path> files) {
        return shown(
                files.stream().map(file -> String.valueOf(file.getFileName())).toList());
    }

    static String shown(List<String> names) {
        String first = names.stream().limit(LISTED).map(Printable::of).collect(Collectors.joining(", "));
        return names.size() > LISTED ? first + ", …" : first;
    }
}
