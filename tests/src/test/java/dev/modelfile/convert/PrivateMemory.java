package dev.modelfile.convert;

import dev.modelfile.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Watches, while a model is written, how much memory the process has for itself: what is neither a file's nor shared.
/// Where there is no `/proc` it sees nothing.
final class PrivateMemory implements Progress {
    /// The heap of 64 MiB, what the virtual machine and its compiled code take, and a few buffers.
    static final long MOST_KIB = 160 << 10;

    private static final Path STATUS = Path.of("/proc/self/status");

    private long peak;
    private long sampled;

    /// The most that was seen, in KiB.
    long peakKib() {
        return peak;
    }

    /// Looks every few mebibytes.
    @Override
    public void update(String tensor, long done, long total) {
        if (Math.abs(done - sampled) < 4 << 20 || !Files.exists(STATUS)) {
            return;
        }
        sampled = done;
        look();
    }

    /// Looks now.
    void look() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("RssAnon:")) {
                    peak = Math.max(peak, Long.parseLong(line.replaceAll("\\D", "")));
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
