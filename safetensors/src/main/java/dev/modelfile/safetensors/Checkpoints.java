package dev.modelfile.safetensors;

import dev.modelfile.MalformedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Finds the file to start from in what somebody calls a model: the file itself, an index, or a folder.
final class Checkpoints {
    /// How the name of an index ends.
    static final String INDEX = ".safetensors.index.json";

    private static final String EXTENSION = ".safetensors";
    private static final String USUAL = "model";

    private Checkpoints() {}

    static boolean isIndex(Path file) {
        return file.toString().endsWith(INDEX);
    }

    /// The files of a folder that could be opened: indexes if there are any, else single files.
    static List<Path> candidates(Path folder) throws IOException {
        List<Path> indexes = list(folder, INDEX);
        return indexes.isEmpty() ? list(folder, EXTENSION) : indexes;
    }

    private static List<Path> list(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        }
    }

    /// The single file of the same stem beside an index, or else what is given. Transformers looks for the single file
    /// first, too; the index may be left from before the checkpoint was merged.
    private static Path wholeOf(Path candidate) {
        String name = String.valueOf(candidate.getFileName());
        if (!isIndex(candidate)) {
            return candidate;
        }
        String stem = name.substring(0, name.length() - INDEX.length());
        Path whole = candidate.resolveSibling(stem + EXTENSION);
        return Files.isRegularFile(whole) ? whole : candidate;
    }

    /// The file to open for a path.
    ///
    /// @throws MalformedModelException if a folder has none, or several and none of the usual name
    static Path fileOf(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return path;
        }
        List<Path> candidates = candidates(path);
        if (candidates.size() == 1) {
            return wholeOf(candidates.get(0));
        }
        for (Path candidate : candidates) {
            String name = String.valueOf(candidate.getFileName());
            if (name.equals(USUAL + INDEX) || name.equals(USUAL + EXTENSION)) {
                return wholeOf(candidate);
            }
        }
        List<String> names = candidates.stream()
                .map(p -> String.valueOf(p.getFileName()))
                .limit(10)
                .toList();
        throw new MalformedModelException(
                "safetensors.folder",
                path.toString(),
                "",
                -1,
                candidates.isEmpty()
                        ? "the folder has no " + EXTENSION + " file"
                        : "the folder has several models, name one: " + String.join(", ", names));
    }
}
