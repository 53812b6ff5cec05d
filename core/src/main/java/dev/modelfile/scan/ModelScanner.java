package dev.modelfile.scan;

import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelFormats;
import dev.modelfile.ReadOptions;
import dev.modelfile.internal.Sniffer;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.spi.ContentScanner;
import dev.modelfile.spi.Probe;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;

/// Says what is inside model files without loading, executing or resolving anything that they name. What it finds is
/// in the report, never an exception.
public final class ModelScanner {
    private final ModelFormats formats;
    private final List<ContentScanner> scanners;
    private final ReadOptions options;

    private ModelScanner(ModelFormats formats, List<ContentScanner> scanners, ReadOptions options) {
        this.formats = formats;
        this.scanners = scanners;
        this.options = options;
    }

    /// Found once: the set cannot change while the class loader lives.
    private static final class Installed {
        static final List<ContentScanner> SCANNERS =
                ServiceLoader.load(ContentScanner.class, ModelScanner.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get)
                        .toList();
    }

    /// A scanner for all installed formats and content scanners with default limits.
    public static ModelScanner standard() {
        return of(ModelFormats.installed(), ReadOptions.defaults());
    }

    /// A scanner for some formats and all installed content scanners, with options.
    public static ModelScanner of(ModelFormats formats, ReadOptions options) {
        return new ModelScanner(formats, Installed.SCANNERS, options);
    }

    /// Looks at a file and, if it is an index, at the files that it names; or at everything under a folder that a
    /// format or a content scanner knows. Inside a folder, links to files are followed, as in the cache of Hugging
    /// Face; one to a folder elsewhere is a finding.
    ///
    /// @return one result for each model file; empty if there is none
    /// @throws IOException if the path itself does not exist or cannot be read
    public ScanReport scan(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            List<ScanReport.Result> results = new ArrayList<>(scanFile(path));
            results.addAll(scanShards(path));
            return new ScanReport(results);
        }
        List<ScanReport.Result> results = new ArrayList<>();
        Path folder = path.toRealPath();
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (Files.isRegularFile(file)) {
                    results.addAll(scanFileQuietly(file));
                } else if (Files.isDirectory(file) && !file.toRealPath().startsWith(folder)) {
                    results.add(unfollowed(file));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException problem) {
                results.add(failed(file, problem));
                return FileVisitResult.CONTINUE;
            }
        });
        return new ScanReport(results);
    }

    private List<ScanReport.Result> scanFileQuietly(Path file) {
        try {
            return scanFile(file);
        } catch (IOException unreadable) {
            return List.of(failed(file, unreadable));
        }
    }

    private static ScanReport.Result unfollowed(Path link) {
        String message = "a link to a folder elsewhere, which is not looked into";
        return new ScanReport.Result(link, List.of(new Finding("scan.link", Severity.WARNING, "", -1, message)));
    }

    private static ScanReport.Result failed(Path file, IOException problem) {
        return new ScanReport.Result(
                file, List.of(new Finding("scan.unreadable", Severity.ERROR, "", -1, "cannot be read: " + problem)));
    }

    private List<ScanReport.Result> scanFile(Path file) throws IOException {
        Probe probe = Probe.of(file);
        Set<Finding> findings = new LinkedHashSet<>();
        List<ContentScanner> knowing = content(file, findings);
        List<ModelFormat> asked = new ArrayList<>();
        boolean known = !knowing.isEmpty();
        for (ModelFormat format : formats.all()) {
            boolean enough = knowing.stream().anyMatch(scanner -> scanner.suffices(format));
            if (!enough && format.recognises(probe)) {
                asked.add(format);
            }
        }
        // Content decides; but a file that only claims to be a model must not pass unseen.
        if (!known && asked.isEmpty()) {
            Optional<ModelFormat> claimed = formats.byExtension(file);
            if (claimed.isPresent() && Sniffer.knows(probe)) {
                Finding named = Finding.of(Sniffer.unknown(probe, formats.all()));
                return List.of(new ScanReport.Result(file, List.of(named)));
            }
            claimed.ifPresent(asked::add);
        }
        for (ModelFormat format : asked) {
            findings.addAll(format.validate(file, options));
        }
        return known || !asked.isEmpty() ? List.of(new ScanReport.Result(file, List.copyOf(findings))) : List.of();
    }

    /// The results of the files that a file stands for.
    private List<ScanReport.Result> scanShards(Path file) throws IOException {
        List<ScanReport.Result> results = new ArrayList<>();
        Probe probe = Probe.of(file);
        for (ModelFormat format : formats.all()) {
            if (format.recognises(probe)) {
                try {
                    for (Path shard : format.shards(file, options)) {
                        results.addAll(scanFileQuietly(shard));
                    }
                } catch (ModelFormatException broken) {
                    // The file's own result says so.
                }
            }
        }
        return results;
    }

    /// Asks the content scanners; returns those that know the content.
    private List<ContentScanner> content(Path file, Set<Finding> findings) throws IOException {
        List<ContentScanner> knowing = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            Region content = MappedFile.open(file, arena).region();
            for (ContentScanner scanner : scanners) {
                scanner.scan(content, options).ifPresent(found -> {
                    knowing.add(scanner);
                    findings.addAll(found);
                });
            }
        }
        return knowing;
    }
}
