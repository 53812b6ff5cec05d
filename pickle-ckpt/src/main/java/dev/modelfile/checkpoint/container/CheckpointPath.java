package dev.modelfile.checkpoint.container;

import dev.modelfile.MalformedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Finds the file to start from in what somebody calls a checkpoint: the file itself, an index, or a folder.
public final class CheckpointPath {
    /// How the name of an index ends, after the convention of Hugging Face.
    private static final Pattern INDEX = Pattern.compile("(?i).*\\.(bin|pt|pth|ckpt)\\.index\\.json");

    private static final String SUFFIX = ".index.json";
    private static final String USUAL = "pytorch_model.bin";
    private static final String OTHER = ".safetensors";

    private CheckpointPath() {}

    /// Whether a file is an index, by its name: what is in it is JSON like any other.
    public static boolean isIndex(Path file) {
        Path name = file.getFileName();
        return name != null && INDEX.matcher(name.toString()).matches();
    }

    /// Whether a folder holds a checkpoint of the usual names. One that also holds Safetensors is left to that format,
    /// as Transformers prefers it.
    ///
    /// @throws IOException if it cannot be listed
    public static boolean isFolder(Path folder) throws IOException {
        if (Files.isRegularFile(folder.resolve(DistributedReader.METADATA))) {
            return true;
        }
        boolean ours =
                Files.isRegularFile(folder.resolve(USUAL)) || !indexes(folder).isEmpty();
        return ours && list(folder, file -> file.toString().endsWith(OTHER)).isEmpty();
    }

    /// The file or folder to open for a path: for a folder its index or the only file of the usual name, unless it is
    /// distributed. A single file beside the index of its name goes before it: the index may be left from before the
    /// checkpoint was merged.
    ///
    /// @throws MalformedModelException if a folder has none, or several and none of the usual name
    public static Path resolve(Path path) throws IOException {
        if (!Files.isDirectory(path) || Files.isRegularFile(path.resolve(DistributedReader.METADATA))) {
            return path;
        }
        Path usual = path.resolve(USUAL);
        if (Files.isRegularFile(usual)) {
            return usual;
        }
        List<Path> indexes = indexes(path);
        for (Path index : indexes) {
            String name = String.valueOf(index.getFileName());
            if (indexes.size() == 1 || name.equals(USUAL + SUFFIX)) {
                Path whole = index.resolveSibling(name.substring(0, name.length() - SUFFIX.length()));
                return Files.isRegularFile(whole) ? whole : index;
            }
        }
        List<String> names = indexes.stream()
                .map(file -> String.valueOf(file.getFileName()))
                .limit(10)
                .toList();
        throw new MalformedModelException(
                "checkpoint.folder",
                path.toString(),
                "",
                -1,
                indexes.isEmpty()
                        ? "the folder has no " + DistributedReader.METADATA + ", " + USUAL + " or index of shards"
                        : "the folder has several models, name one: " + String.join(", ", names));
    }

    private static List<Path> indexes(Path folder) throws IOException {
        return list(folder, CheckpointPath::isIndex);
    }

    private static List<Path> list(Path folder, Predicate<Path> which) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(which).filter(Files::isRegularFile).sorted().toList();
        }
    }
}
