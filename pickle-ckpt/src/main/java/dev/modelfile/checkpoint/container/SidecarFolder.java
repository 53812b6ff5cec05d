package dev.modelfile.checkpoint.container;

import dev.modelfile.UnsafeModelException;
import dev.modelfile.checkpoint.zip.Findings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// Turns file names from a checkpoint into paths inside its folder, and nowhere else.
final class SidecarFolder {
    private final Path folder;

    SidecarFolder(Path folder) throws IOException {
        this.folder = folder.toRealPath();
    }

    /// The file of a name.
    ///
    /// @throws UnsafeModelException if the name, or the link that it names, leads out of the folder
    Path resolve(String name) throws IOException {
        boolean plain = !name.isEmpty()
                && name.indexOf('\0') < 0
                && name.indexOf('\\') < 0
                && name.indexOf(':') < 0
                && !name.startsWith("/");
        if (!plain) {
            throw unsafe(name, "it is not a plain relative path");
        }
        try {
            Path path = folder.resolve(name);
            boolean inside = path.normalize().equals(path) && path.startsWith(folder);
            if (!inside || (Files.exists(path) && !path.toRealPath().startsWith(folder))) {
                throw unsafe(name, "it leads out of the folder");
            }
            return path;
        } catch (InvalidPathException impossible) {
            throw unsafe(name, "this system has no such path");
        }
    }

    private UnsafeModelException unsafe(String name, String why) {
        return new UnsafeModelException(
                "checkpoint.escape",
                folder.toString(),
                "file \"" + Findings.shown(name) + "\"",
                -1,
                "the metadata must not point there: " + why);
    }
}
