package dev.modelfile.cli.json;

import dev.modelfile.ModelFile;
import dev.modelfile.Tensor;
import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How the files of a model are named: beside the path that was given, so that who gave a relative one gets relative
/// ones. Files that links have led elsewhere keep their absolute names.
public final class Parts {
    private final Path folder;
    private final @Nullable Path real;

    private Parts(Path folder, @Nullable Path real) {
        this.folder = folder;
        this.real = real;
    }

    /// For the files of one model.
    public static Parts of(ModelFile model) {
        Path path = model.path();
        Path parent = path.getParent();
        Path folder = Files.isDirectory(path) ? path : parent == null ? Path.of("") : parent;
        try {
            return new Parts(folder, folder.toRealPath());
        } catch (IOException unknown) {
            return new Parts(folder, null);
        }
    }

    /// The name of a file.
    public String of(MappedFile part) {
        Path path = part.path();
        boolean inside = real != null && path.startsWith(real);
        return (inside && real != null ? folder.resolve(real.relativize(path)) : path).toString();
    }

    /// The name of the file that holds a tensor's bytes in one piece, if there is one.
    public @Nullable String of(Tensor tensor) {
        MappedFile part = tensor.part();
        return part == null ? null : of(part);
    }
}
