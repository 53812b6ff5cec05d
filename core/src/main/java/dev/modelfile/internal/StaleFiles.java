package dev.modelfile.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What killed processes left behind when they were writing the same files. A process that lives holds a lock, which
/// the system takes from it when it dies, on this machine or another one.
final class StaleFiles {
    /// A file is locked right after it is made; until then only its age protects it.
    private static final Duration YOUNG = Duration.ofSeconds(2);

    private StaleFiles() {}

    /// Deletes the temporary files of dead writes to any of the targets, which lie in one folder.
    static void delete(List<Path> targets) {
        Map<String, List<Path>> writes = new HashMap<>();
        Path folder = targets.getFirst().toAbsolutePath().getParent();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, ".*.tmp")) {
            for (Path file : files) {
                String mark = TemporaryName.foreignMark(String.valueOf(file.getFileName()));
                if (!mark.isEmpty()) {
                    writes.computeIfAbsent(mark, key -> new ArrayList<>()).add(file);
                }
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            return;
        }
        writes.forEach((mark, files) -> {
            if (files.stream().anyMatch(file -> TemporaryName.belongs(file, mark, targets))
                    && files.stream().allMatch(StaleFiles::isAbandoned)) {
                files.forEach(StaleFiles::delete);
            }
        });
    }

    private static boolean isAbandoned(Path file) {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            Instant changed = attributes.lastModifiedTime().toInstant();
            if (!attributes.isRegularFile() || changed.isAfter(Instant.now().minus(YOUNG))) {
                return false;
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                return channel.tryLock() != null;
            }
        } catch (IOException unknown) {
            // Not ours, gone, or on a file system without locks.
            return false;
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException stuck) {
            // It is in nobody's way.
        }
    }
}
