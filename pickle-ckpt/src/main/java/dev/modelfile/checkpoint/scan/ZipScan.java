package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.checkpoint.zip.ZipAudit;
import dev.modelfile.checkpoint.zip.ZipDirectory;
import dev.modelfile.checkpoint.zip.ZipPieces;
import dev.modelfile.checkpoint.zip.ZipRecord;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Scans zip archives: what the directory says, what contradicts it, and every record.
final class ZipScan {
    private final ContentScan scan;
    private final int depth;

    ZipScan(ContentScan scan, int depth) {
        this.scan = scan;
        this.depth = depth;
    }

    void scan(Region content) throws ModelFormatException {
        List<Region> pieces = ZipPieces.split(content);
        for (Region piece : pieces) {
            if (pieces.size() > 1 && !ZipDirectory.isZip(piece)) {
                scan.add("zip.prefix", Severity.ERROR, piece, 0, "bytes before an archive: readers differ on them");
                scan.scan(piece, depth + 1);
            } else {
                try {
                    archive(piece);
                } catch (ModelFormatException broken) {
                    // The other pieces are looked at all the same.
                    scan.broken(broken);
                }
            }
        }
        if (pieces.size() > 1) {
            scan.add("zip.several", Severity.INFO, content, 0, pieces.size() + " archives one after the other");
        }
    }

    private void archive(Region content) throws ModelFormatException {
        Budget budget = scan.budget();
        ZipDirectory directory = ZipDirectory.read(content, budget, scan.collector());
        ZipAudit.check(directory, scan.collector());
        Set<ZipRecord> storages = Collections.newSetFromMap(new IdentityHashMap<>());
        for (ZipRecord record : directory.records()) {
            String name = record.name().toLowerCase(Locale.ROOT);
            if (name.endsWith("/data.pkl")) {
                root(directory, record, storages);
            }
            if (name.endsWith("/constants.pkl")) {
                scan.add(
                        "torch.script",
                        Severity.WARNING,
                        content,
                        record.headerOffset(),
                        "a TorchScript archive: loading it compiles the code that it brings");
            }
        }
        new ExportScan(scan, directory).raw(storages);
        for (ZipRecord record : directory.records()) {
            if (!record.name().toLowerCase(Locale.ROOT).endsWith("/data.pkl") && !record.isFolder()) {
                record(directory, record, storages);
            }
        }
    }

    /// Scans a checkpoint's pickle, and notes which records it proves to be storages.
    private void root(ZipDirectory directory, ZipRecord record, Set<ZipRecord> storages) {
        try {
            Region content = content(directory, record);
            StreamScan stream = new StreamScan(scan, depth);
            if (!stream.scan(content)) {
                scan.add("pickle.none", Severity.ERROR, content, 0, "the record is no pickle");
            }
            String folder = record.name().substring(0, record.name().length() - "data.pkl".length());
            stream.storages((key, size) -> {
                ZipRecord storage = directory.find(folder + "data/" + key);
                if (storage != null && storage.size() == size) {
                    if (storage.method() == ZipRecord.STORED) {
                        storages.add(storage);
                    }
                } else {
                    scan.add(
                            "checkpoint.storage",
                            Severity.ERROR,
                            content,
                            -1,
                            "storage " + Findings.shown(key) + " has "
                                    + (storage == null ? "no record" : storage.size() + " bytes")
                                    + " vs " + size + " that the pickle declares: readers differ on it");
                }
            });
        } catch (ModelFormatException broken) {
            scan.broken(broken);
        }
    }

    private Region content(ZipDirectory directory, ZipRecord record) throws ModelFormatException {
        Region content = directory.content(record, scan.budget());
        if (record.method() != ZipRecord.STORED) {
            scan.inflated(content.size());
        }
        if (record.crc() != 0 && !ZipDirectory.crcMatches(record, content)) {
            scan.add("zip.crc", Severity.WARNING, content, 0, "the checksum is wrong: changed, or damaged");
        }
        return content;
    }

    private void record(ZipDirectory directory, ZipRecord record, Set<ZipRecord> storages) {
        if (storages.contains(record)) {
            return;
        }
        try {
            Region content = content(directory, record);
            scan.scan(content, depth + 1);
            if (record.method() != ZipRecord.STORED) {
                scan.inflated(-content.size());
            }
        } catch (ModelFormatException unreadable) {
            scan.add(
                    "scan.not-scannable",
                    Severity.ERROR,
                    directory.file(),
                    record.headerOffset(),
                    (record.isEncrypted() ? "encrypted: " : "") + unreadable.getMessage());
        }
    }
}
