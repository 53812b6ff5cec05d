package dev.modelfile.checkpoint.zip;

import dev.modelfile.MalformedModelException;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Compares a directory with the archive: local headers, overlaps, and bytes that belong to no record.
public final class ZipAudit {
    private ZipAudit() {}

    /// Checks all records; what contradicts is a finding.
    public static void check(ZipDirectory directory, Findings findings) {
        List<ZipRecord> sorted = new ArrayList<>(directory.records());
        sorted.sort(Comparator.comparingLong(ZipRecord::headerOffset));
        long end = 0;
        for (ZipRecord record : sorted) {
            if (record.headerOffset() < end) {
                findings.add(
                        "zip.overlap",
                        Severity.ERROR,
                        directory.file(),
                        "record " + Findings.shown(record.name()),
                        record.headerOffset(),
                        "it begins inside another record, which ends at " + end);
            } else if (record.headerOffset() > end) {
                gap(directory, findings, end, record.headerOffset());
            }
            try {
                end = Math.max(end, directory.compare(record));
            } catch (MalformedModelException broken) {
                findings.add(dev.modelfile.scan.Finding.of(broken));
            }
        }
        if (directory.directoryOffset() > end) {
            gap(directory, findings, end, directory.directoryOffset());
        }
    }

    private static void gap(ZipDirectory directory, Findings findings, long from, long to) {
        findings.add(
                "zip.gap",
                Severity.WARNING,
                directory.file(),
                "",
                from,
                to - from + " bytes that belong to no record of the directory");
    }
}
