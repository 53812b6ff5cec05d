package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.container.ExportConfig;
import dev.modelfile.checkpoint.zip.ZipDirectory;
import dev.modelfile.checkpoint.zip.ZipRecord;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/// The weights of exported programs, which their configurations prove to be plain numbers.
final class ExportScan {
    private static final Pattern CONFIG = Pattern.compile("([^/]+/data/(weights|constants)/).+_\\2_config\\.json");
    private static final long MOST_BYTES = 100_000_000;

    private final ContentScan scan;
    private final ZipDirectory directory;

    ExportScan(ContentScan scan, ZipDirectory directory) {
        this.scan = scan;
        this.directory = directory;
    }

    /// Adds the records that some configuration describes as raw and none as a pickle, and takes away the others.
    void raw(Set<ZipRecord> proven) {
        Set<String> raw = new HashSet<>();
        Set<String> pickled = new HashSet<>();
        long bytes = 0;
        for (ZipRecord record : directory.records()) {
            var config = CONFIG.matcher(record.name());
            bytes += config.matches() ? record.size() : 0;
            // What is not read here is looked at like any other record.
            if (config.matches() && bytes <= MOST_BYTES) {
                read(record, config.group(1), raw, pickled);
            }
        }
        raw.removeAll(pickled);
        for (ZipRecord record : directory.records()) {
            if (raw.contains(record.name()) && ZipScan.isPlain(directory, record) && !isOther(record.name())) {
                proven.add(record);
            } else if (pickled.contains(record.name())) {
                proven.remove(record);
            }
        }
    }

    /// Whether the name says that another reader could take it for something else.
    private static boolean isOther(String name) {
        return name.indexOf('.', name.lastIndexOf('/') + 1) >= 0;
    }

    private void read(ZipRecord record, String folder, Set<String> raw, Set<String> pickled) {
        // PyTorch loads the constants of other names as pickles, whatever the configuration says.
        boolean constants = folder.endsWith("/constants/");
        try {
            ExportConfig.read(directory.content(record, scan.budget()), scan.budget())
                    .values()
                    .forEach(payload -> {
                        boolean tensor = !constants || payload.record().startsWith("tensor_");
                        boolean plain = tensor && !payload.pickled() && payload.meta() != null;
                        (plain ? raw : pickled).add(folder + payload.record());
                    });
        } catch (ModelFormatException broken) {
            scan.broken(broken);
        }
    }
}
