package dev.modelfile.cost;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Measures what work costs.
final class Cost {
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    /// How long code may take to be compiled on a busy machine.
    private static final long PATIENCE = 20_000_000_000L;

    private Cost() {}

    /// Work that may fail.
    interface Work {
        void run() throws Exception;
    }

    /// That a piece of work, once its classes are loaded and its code is compiled, allocates no more than so many bytes
    /// in this thread. It is repeated until it does not, but not for ever.
    static void assertAllocates(long bound, String what, Work work) throws Exception {
        long least = Long.MAX_VALUE;
        long end = System.nanoTime() + PATIENCE;
        do {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            work.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        } while (least > bound && System.nanoTime() < end);
        assertWithin(bound, least, what);
    }

    /// How many bytes of a mapped file this process has touched, and the pages around them that Linux maps along.
    static long touched(Path file) throws IOException {
        String real = file.toRealPath().toString();
        List<String> lines = Files.readAllLines(Path.of("/proc/self/smaps"));
        long bytes = 0;
        boolean inside = false;
        for (String line : lines) {
            if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
                inside = line.endsWith(real);
            } else if (inside && line.startsWith("Rss:")) {
                bytes += Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        return bytes;
    }

    /// That a cost is something and within a bound.
    static void assertWithin(long bound, long cost, String what) {
        assertTrue(cost > 0, () -> what + " costs nothing");
        assertTrue(cost <= bound, () -> what + " costs " + cost + ", more than " + bound);
    }
}
