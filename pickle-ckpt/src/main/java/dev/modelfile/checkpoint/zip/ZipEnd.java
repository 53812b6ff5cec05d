package dev.modelfile.checkpoint.zip;

import dev.modelfile.MalformedModelException;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import org.jspecify.annotations.Nullable;

/// The end of an archive: where its central directory is.
///
/// @param directoryOffset where the directory begins
/// @param directorySize its bytes
/// @param records how many records it declares
/// @param end where the directory has to end: the first end record
record ZipEnd(long directoryOffset, long directorySize, long records, long end) {
    private static final int SIGNATURE = 0x06054b50;
    private static final int LOCATOR = 0x07064b50;
    private static final int END64 = 0x06064b50;
    private static final int LENGTH = 22;
    private static final int LOCATOR_LENGTH = 20;
    private static final int END64_LENGTH = 56;
    private static final int MAX_COMMENT = 0xFFFF;

    /// Finds the last end record that fits, as all readers do, and reports others that also fit.
    static ZipEnd find(Region file, Findings findings) throws MalformedModelException {
        @Nullable ZipEnd chosen = null;
        long lowest = Math.max(0, file.size() - LENGTH - MAX_COMMENT);
        for (long at = file.size() - LENGTH; at >= lowest; at--) {
            if (file.u8(at) != 'P' || file.i32(at) != SIGNATURE) {
                continue;
            }
            ZipEnd end = at(file, at, findings, chosen == null);
            if (end == null) {
                continue;
            }
            if (chosen == null) {
                chosen = end;
                trailing(file, at, findings);
            } else if (end.directoryOffset != chosen.directoryOffset && end.rivals(chosen, file)) {
                findings.add(
                        "zip.several-directories",
                        Severity.ERROR,
                        file,
                        "",
                        at,
                        "another end of an archive with another directory: readers may choose either");
            }
        }
        if (chosen == null) {
            throw file.malformed("zip.no-end", "", -1, "the archive has no end record; it is cut short or no zip");
        }
        return chosen;
    }

    private static void trailing(Region file, long at, Findings findings) throws MalformedModelException {
        long end = at + LENGTH + file.u16(at + 20);
        if (end != file.size()) {
            String message = file.size() - end + " bytes behind the end of the archive";
            findings.add("zip.trailing", Severity.WARNING, file, "", Math.min(end, file.size()), message);
        }
    }

    private static @Nullable ZipEnd at(Region file, long at, Findings findings, boolean report)
            throws MalformedModelException {
        long records = file.u16(at + 10);
        long size = file.i32(at + 12) & 0xFFFF_FFFFL;
        long offset = file.i32(at + 16) & 0xFFFF_FFFFL;
        ZipEnd plain = new ZipEnd(offset, size, records, at);
        ZipEnd wide = end64(file, at);
        if (wide == null) {
            return plain.fits() ? plain : null;
        }
        boolean agrees = (offset == 0xFFFF_FFFFL || offset == wide.directoryOffset)
                && (size == 0xFFFF_FFFFL || size == wide.directorySize)
                && (records == 0xFFFF || records == wide.records);
        if (!agrees && report) {
            findings.add(
                    "zip.two-ends",
                    Severity.ERROR,
                    file,
                    "",
                    at,
                    "the zip64 end record and the plain one disagree: readers may see different records");
        }
        return wide.fits() ? wide : plain.fits() ? plain : null;
    }

    private static @Nullable ZipEnd end64(Region file, long at) throws MalformedModelException {
        long locator = at - LOCATOR_LENGTH;
        if (locator < END64_LENGTH || file.i32(locator) != LOCATOR) {
            return null;
        }
        long end = file.i64(locator + 8);
        if (end < 0 || end > locator - END64_LENGTH || file.i32(end) != END64) {
            return null;
        }
        return new ZipEnd(file.i64(end + 48), file.i64(end + 40), file.i64(end + 32), end);
    }

    /// Whether a reader that takes this end finds a directory. An archive that is the content of a record has its end
    /// here too, but counts its offsets from its own beginning.
    private boolean rivals(ZipEnd chosen, Region file) throws MalformedModelException {
        boolean inRecord = end < chosen.directoryOffset;
        return !inRecord || directorySize < 4 || file.i32(directoryOffset) == ZipDirectory.CENTRAL;
    }

    private boolean fits() {
        return directoryOffset >= 0
                && directorySize >= 0
                && records >= 0
                && directoryOffset <= end
                && directorySize <= end - directoryOffset
                && records <= directorySize / 46;
    }
}
