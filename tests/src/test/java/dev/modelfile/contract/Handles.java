package dev.modelfile.contract;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// What this process holds of files, as Linux tells it.
public final class Handles {
    private static final Path SELF = Path.of("/proc/self");

    private Handles() {}

    /// Skips the test on systems that do not tell.
    public static void needsProc() {
        Assumptions.assumeTrue(Files.isDirectory(SELF), "needs /proc/self (Linux)");
    }

    /// Whether the file is mapped into memory.
    public static boolean isMapped(Path file) throws IOException {
        String real = file.toRealPath().toString();
        try (Stream<String> lines = Files.lines(SELF.resolve("maps"))) {
            return lines.anyMatch(line -> line.contains(real));
        }
    }

    /// The open descriptors of files under a folder.
    public static List<String> open(Path folder) throws IOException {
        String real = folder.toRealPath().toString();
        List<String> open = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(SELF.resolve("fd"))) {
            for (Path descriptor : descriptors.toList()) {
                try {
                    String target = Files.readSymbolicLink(descriptor).toString();
                    if (target.startsWith(real)) {
                        open.add(target);
                    }
                } catch (IOException closed) {
                    // The listing's own descriptor is gone by now.
                }
            }
        }
        return open;
    }
}
