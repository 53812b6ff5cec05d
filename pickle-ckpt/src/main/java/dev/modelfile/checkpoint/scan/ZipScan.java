package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.container.Containers;
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
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Scans zip archives: what the directory says, what contradicts it, and every record.
final class ZipScan {
    /// How PyTorch names storages. A record of another name may be meant for another reader, which a pickle cannot
    /// prove to be numbers.
    private static final Pattern KEY = Pattern.compile("[0-9A-Za-z_-]+(\\.storage)?");

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
        boolean outside = scan.script(isScript(directory));
        records(directory, packaged(directory));
        scan.script(outside);
    }

    /// @param packages the folder of a package of `torch.package`, or null
    private void records(ZipDirectory directory, @Nullable String packages) {
        Set<ZipRecord> storages = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<ZipRecord> roots = Collections.newSetFromMap(new IdentityHashMap<>());
        for (ZipRecord record : directory.records()) {
            if (endsWith(record.name(), "/data.pkl")) {
                String folder = record.name().substring(0, record.name().length() - "data.pkl".length());
                root(directory, record, key -> folder + "data/" + key, storages);
                roots.add(record);
            } else if (packages != null && endsWith(record.name(), ".pkl")) {
                root(directory, record, key -> packages + key + ".storage", storages);
                roots.add(record);
            }
        }
        new ExportScan(scan, directory).raw(storages);
        boolean exported = ProgramScan.isExport(directory);
        boolean keras = KerasScan.isKeras(directory);
        for (ZipRecord record : directory.records()) {
            if (!roots.contains(record) && !record.isFolder()) {
                record(directory, record, storages, exported, keras);
            }
        }
    }

    /// Whether `torch.jit.load` asks for a record of such a name, in one of the layouts there have been.
    private static boolean isOfScript(String name) {
        boolean first = name.indexOf('/') == name.lastIndexOf('/');
        return endsWith(name, "/constants.pkl")
                || first && (endsWith(name, "/model.json") || endsWith(name, "/bytecode.pkl"))
                || endsWith(name, ".py") && name.regionMatches(true, name.indexOf('/'), "/code/", 0, 6);
    }

    private static boolean endsWith(String name, String end) {
        return name.regionMatches(true, name.length() - end.length(), end, 0, end.length());
    }

    private boolean isScript(ZipDirectory directory) {
        boolean script = false;
        for (ZipRecord record : directory.records()) {
            if (isOfScript(record.name())) {
                script = true;
                add(
                        "torch.script",
                        record,
                        directory,
                        "a TorchScript archive: loading it compiles the code that it brings");
            }
        }
        return script;
    }

    /// The folder of the records that PyTorch adds to a package; null if the archive is none.
    private @Nullable String packaged(ZipDirectory directory) {
        ZipRecord mark = Containers.packageMark(directory);
        if (mark == null) {
            return null;
        }
        long sources = directory.records().stream()
                .filter(record -> record.name().endsWith(".py"))
                .count();
        String message = "an archive of torch.package with " + sources + (sources == 1 ? " file" : " files")
                + " of Python source: loading an object from it runs what it needs of them";
        add("torch.package", mark, directory, message);
        return mark.name().substring(0, mark.name().lastIndexOf('/') + 1);
    }

    private void add(String rule, ZipRecord record, ZipDirectory directory, String message) {
        scan.add(rule, Severity.WARNING, directory.file(), record.headerOffset(), message);
    }

    /// Scans a checkpoint's pickle, and notes which records it proves to be storages.
    ///
    /// @param records gives the record of a storage's key
    private void root(
            ZipDirectory directory, ZipRecord record, UnaryOperator<String> records, Set<ZipRecord> storages) {
        try {
            Region content = content(directory, record);
            StreamScan stream = new StreamScan(scan, depth);
            if (!stream.scan(content)) {
                scan.add("pickle.none", Severity.ERROR, content, 0, "the record is no pickle");
            }
            stream.storages((key, size) -> {
                ZipRecord storage = directory.find(records.apply(key));
                if (storage != null && storage.size() == size) {
                    if (isPlain(directory, storage) && KEY.matcher(key).matches()) {
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

    /// Whether a record is stored, and nothing that a reader of archives or arrays would take for its own.
    static boolean isPlain(ZipDirectory directory, ZipRecord record) {
        try {
            long start = directory.dataOffset(record);
            Region content = directory.file().slice("", start, record.storedSize());
            return record.method() == ZipRecord.STORED && !ArrayScan.isArray(content) && !ZipDirectory.isZip(content);
        } catch (ModelFormatException damaged) {
            return false;
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

    private void record(
            ZipDirectory directory, ZipRecord record, Set<ZipRecord> storages, boolean exported, boolean keras) {
        if (storages.contains(record)) {
            return;
        }
        try {
            Region content = content(directory, record);
            scan.scan(content, depth + 1);
            if (exported && ProgramScan.isProgram(record)) {
                new ProgramScan(scan).scan(content);
            }
            if (keras && KerasScan.isConfig(record)) {
                new KerasScan(scan).scan(content);
            }
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
