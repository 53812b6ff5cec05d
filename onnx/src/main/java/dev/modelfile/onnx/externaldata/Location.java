package dev.modelfile.onnx.externaldata;

import dev.modelfile.SidecarPolicy;
import dev.modelfile.onnx.check.Rules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Turns a location into a path that the model may lead to. Names are judged part by part, so `a..b` is a file name and
/// `..` is not. The Hugging Face cache, where a model is a link into another folder, works:
///
/// ```
/// models--org--name/blobs/<hash>
/// models--org--name/snapshots/<revision>/model.onnx      -> ../../blobs/<hash>
/// models--org--name/snapshots/<revision>/model.onnx.data -> ../../blobs/<hash>
/// ```
public final class Location {
    private final Path folder;
    private final Path realFolder;
    private final Path targetFolder;
    private final SidecarPolicy policy;

    /// A location that must not be followed.
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        private final String rule;

        Refused(String rule, String why) {
            super(why, null, false, false);
            this.rule = rule;
        }

        /// The rule that it breaks.
        public String rule() {
            return rule;
        }
    }

    /// A file that a location leads to.
    ///
    /// @param folder the folder below which it has to be; null if it may be anywhere
    /// @param path its path without links
    public record Target(@Nullable Path folder, Path path) {}

    /// Locations of a model.
    ///
    /// @throws IOException if the model does not exist
    public Location(Path model, SidecarPolicy policy) throws IOException {
        Path absolute = model.toAbsolutePath();
        Path parent = absolute.getParent();
        this.folder = parent == null ? absolute : parent;
        this.realFolder = folder.toRealPath();
        Path target = model.toRealPath().getParent();
        this.targetFolder = target == null ? realFolder : target;
        this.policy = policy;
    }

    /// What is wrong with a location as a text, whatever files there are.
    ///
    /// @throws Refused if it must not be followed
    public static void check(String location, SidecarPolicy policy) throws Refused {
        if (location.chars().anyMatch(c -> c < ' ' || c == 0x7F)) {
            throw new Refused(Rules.ESCAPE, "it has control characters, where some readers cut it off");
        }
        if (location.contains("_ORT_MEM_") || location.startsWith("#") || location.startsWith("*")) {
            throw new Refused(Rules.MARKER, "runtimes take it for an address in memory, not for a file");
        }
        String lower = location.toLowerCase(Locale.ROOT);
        if (lower.matches("[a-z][a-z0-9+.-]+:.*")) {
            throw new Refused(Rules.URL, "it is an address, not a file beside the model");
        }
        if (policy == SidecarPolicy.TRUSTED) {
            return;
        }
        if (location.startsWith("/") || location.indexOf('\\') >= 0 || lower.matches("[a-z]:.*")) {
            throw new Refused(Rules.ESCAPE, "it is not a relative path with '/' between its parts");
        }
        int depth = 0;
        for (String part : location.split("/")) {
            if (part.equals("..") && (--depth < 0 || policy == SidecarPolicy.STRICT)) {
                throw new Refused(Rules.ESCAPE, "its \"..\" leads out of the model's folder");
            }
            if (!part.isEmpty() && !part.equals(".") && !part.equals("..")) {
                depth++;
            }
        }
    }

    /// The file of a location, null if there is none.
    ///
    /// @throws Refused if it must not be followed
    /// @throws IOException if links cannot be resolved
    public @Nullable Target resolve(String location) throws Refused, IOException {
        check(location, policy);
        Path path;
        try {
            path = folder.resolve(location).normalize();
        } catch (InvalidPathException impossible) {
            throw new Refused(Rules.ESCAPE, "this system has no such path");
        }
        if (policy == SidecarPolicy.STRICT) {
            refuseLinks(path);
        }
        Path real;
        try {
            real = path.toRealPath();
        } catch (NoSuchFileException missing) {
            return null;
        }
        if (policy == SidecarPolicy.TRUSTED) {
            return new Target(null, real);
        }
        for (Path allowed : allowed()) {
            if (real.startsWith(allowed)) {
                return new Target(allowed, real);
            }
        }
        throw new Refused(Rules.ESCAPE, "it is a link to " + real + ", outside the model's folder");
    }

    private List<Path> allowed() {
        Path cache = blobs();
        return cache == null ? List.of(realFolder, targetFolder) : List.of(realFolder, targetFolder, cache);
    }

    private void refuseLinks(Path path) throws Refused {
        Path at = folder;
        for (Path part : folder.normalize().relativize(path)) {
            at = at.resolve(part);
            if (Files.isSymbolicLink(at)) {
                throw new Refused(Rules.ESCAPE, at.getFileName() + " is a link, which strict reading does not follow");
            }
        }
    }

    /// The blobs of the repository that the model is a snapshot of, null if it is none.
    private @Nullable Path blobs() {
        for (Path up = realFolder; up != null; up = up.getParent()) {
            Path name = up.getFileName();
            Path repository = up.getParent();
            if (name != null && name.toString().equals("snapshots") && repository != null) {
                Path of = repository.getFileName();
                return of != null && of.toString().startsWith("models--") ? repository.resolve("blobs") : null;
            }
        }
        return null;
    }
}
