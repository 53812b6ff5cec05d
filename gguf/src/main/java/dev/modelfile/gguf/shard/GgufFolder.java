package dev.modelfile.gguf.shard;

import dev.modelfile.MalformedModelException;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.shard.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Finds the file to open in what somebody calls a model: the file itself, or a folder that holds one.
public final class GgufFolder {
    private GgufFolder() {}

    /// Whether a folder holds GGUF and no model in a form that is usually kept in folders, which goes before it: many
    /// repositories have quantised files beside the original.
    ///
    /// @throws IOException if it cannot be listed
    public static boolean holdsModel(Path folder) throws IOException {
        return !ModelFolder.files(folder, name -> name.endsWith(ShardName.EXTENSION))
                        .isEmpty()
                && ModelFolder.files(folder, ModelFolder::isOriginal).isEmpty();
    }

    /// The file to open for a path: in a folder the only file, or the first of the only shards.
    ///
    /// @throws MalformedModelException if a folder has none, or several
    /// @throws IOException if it cannot be listed
    public static Path fileOf(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return path;
        }
        List<Path> files = ModelFolder.files(path, name -> name.endsWith(ShardName.EXTENSION) && !name.startsWith("."));
        List<Path> first = files.stream().filter(GgufFolder::isFirst).toList();
        if (first.size() == 1) {
            return first.get(0);
        }
        String problem = files.isEmpty()
                ? "the folder has no " + ShardName.EXTENSION + " file"
                : first.isEmpty()
                        ? "the folder has shards, but not the first"
                        : "the folder has several models, name one: " + ModelFolder.listed(first);
        throw new MalformedModelException(Rules.FOLDER, path.toString(), "", -1, problem);
    }

    private static boolean isFirst(Path file) {
        return ShardName.of(file).map(ShardName::number).orElse(1) == 1;
    }
}
