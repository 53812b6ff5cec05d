package dev.modelfile.scan;

import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ReadOptions;
import dev.modelfile.spi.Probe;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Says what is inside model files without loading, executing or resolving anything that they name. What it finds is
/// in the report, never an exception.
public final class ModelScanner {
    private final ModelFormats formats;
    private final ReadOptions options;

    private ModelScanner(ModelFormats formats, ReadOptions options) {
        this.formats = formats;
        this.options = options;
    }

    /// A scanner for all installed formats with default limits.
    public static ModelScanner standard() {
        return of(ModelFormats.installed(), ReadOptions.defaults());
    }

    /// A scanner for some formats, with options.
    public static ModelScanner of(ModelFormats formats, ReadOptions options) {
        return new ModelScanner(formats, options);
    }

    /// Looks at a file, or at everything under a folder that one of the formats recognises. Links are not followed
    /// inside a folder.
    ///
    /// @return one result for each model file; empty if there is none
    /// @throws IOException if the path itself does not exist or cannot be read
    public ScanReport scan(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return new ScanReport(scanFile(path));
        }
        List<ScanReport.Result> results = new ArrayList<>();
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile()) {
                    results.addAll(scanFileQuietly(file));
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

    private static ScanReport.Result failed(Path file, IOException problem) {
        return new ScanReport.Result(
                file, List.of(new Finding("scan.unreadable", Severity.ERROR, "", -1, "cannot be read: " + problem)));
    }

    private List<ScanReport.Result> scanFile(Path file) throws IOException {
        Probe probe = Probe.of(file);
        for (ModelFormat format : formats.all()) {
            if (format.recognises(probe)) {
                return result(file, format);
            }
        }
        // Content decides; but a file that only claims to be a model must not pass unseen.
        Optional<ModelFormat> claimed = formats.byExtension(file);
        return claimed.isPresent() ? result(file, claimed.get()) : List.of();
    }

    private List<ScanReport.Result> result(Path file, ModelFormat format) throws IOException {
        return List.of(new ScanReport.Result(file, format.validate(file, options)));
    }
}
