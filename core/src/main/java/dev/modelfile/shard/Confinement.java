package dev.modelfile.shard;

import dev.modelfile.MalformedModelException;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.spi.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// Turns file names from an index into paths inside the index's folder, and nowhere else. A link is followed only if
/// it ends inside the folder, or in the `blobs` folder of a Hugging Face cache:
///
/// ```
/// models--org--name/blobs/<hash>
/// models--org--name/snapshots/<revision>/model-00001-of-00002.safetensors -> ../../blobs/<hash>
/// ```
final class Confinement {
    private final String format;
    private final Path index;
    private final Path folder;

    /// @param format begins the rules of errors
    Confinement(String format, Path index) throws IOException {
        this.format = format;
        this.index = index;
        Path parent = index.toAbsolutePath().getParent();
        this.folder = parent == null ? index.toAbsolutePath() : parent.toRealPath();
    }

    /// The file of a shard; it need not exist.
    ///
    /// @throws UnsafeModelException if the name leads out of the folder
    Path resolve(String name) throws IOException {
        Path path = plain(name);
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return path;
        }
        Path real;
        try {
            real = path.toRealPath();
        } catch (IOException dangling) {
            return path;
        }
        if (!real.startsWith(folder) && !inCache(real)) {
            throw unsafe(name, "it is a link to " + real + ", outside the folder of the index");
        }
        return path;
    }

    private Path plain(String name) throws IOException {
        if (name.isEmpty() || name.indexOf('\0') >= 0) {
            throw new MalformedModelException(
                    format + ".index", index.toString(), "shard index", -1, "a shard's name is empty or has a NUL");
        }
        // Backslashes and drive letters mean something on other systems; no real index has them.
        if (name.indexOf('\\') >= 0 || name.indexOf(':') >= 0 || name.startsWith("/")) {
            throw unsafe(name, "it is not a plain relative path");
        }
        try {
            Path relative = Path.of(name);
            for (Path part : relative) {
                if (part.toString().equals("..")) {
                    throw unsafe(name, "it contains \"..\"");
                }
            }
            return folder.resolve(relative);
        } catch (InvalidPathException impossible) {
            throw unsafe(name, "this system has no such path");
        }
    }

    private UnsafeModelException unsafe(String name, String why) {
        return new UnsafeModelException(
                format + ".index-escape",
                index.toString(),
                "shard \"" + Printable.of(name) + "\"",
                -1,
                "the index must not point there: " + why);
    }

    private boolean inCache(Path real) {
        Path snapshots = folder.getParent();
        if (snapshots == null || !snapshots.endsWith("snapshots") || snapshots.getParent() == null) {
            return false;
        }
        return real.startsWith(snapshots.getParent().resolve("blobs"));
    }
}
