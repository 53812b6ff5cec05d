package dev.modelfile.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;

/// What figures depend on.
final class Machine {
    private Machine() {}

    /// One sentence for the head of a table.
    static String describe(boolean quick) throws IOException {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        String version = System.getProperty("os.version").replaceFirst("^(\\d+\\.\\d+).*", "$1");
        return "%sMeasured on %s: %d cores of %s, %d GiB, %s %s, Java %s."
                .formatted(
                        quick ? "A quick run. " : "",
                        LocalDate.now(),
                        Runtime.getRuntime().availableProcessors(),
                        processor(),
                        Math.round(system.getTotalMemorySize() / (double) (1 << 30)),
                        System.getProperty("os.name"),
                        version,
                        Runtime.version());
    }

    private static String processor() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        if (!Files.exists(info)) {
            return System.getProperty("os.arch");
        }
        return value(info, "model name") + " (family " + value(info, "cpu family") + ", model " + value(info, "model")
                + ")";
    }

    private static String value(Path info, String key) throws IOException {
        return Files.readAllLines(info).stream()
                .filter(line -> line.substring(0, Math.max(0, line.indexOf(':')))
                        .strip()
                        .equals(key))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("?");
    }
}
