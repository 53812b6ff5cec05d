package dev.modelfile.checkpoint.zip;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// The central directory of an archive over one mapping: what stands stored is shown without copying it.
///
/// Source: PKWARE's APPNOTE 6.3, and PyTorch's reader where readers differ.
public final class ZipDirectory {
    static final int CENTRAL = 0x02014b50;
    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL_LENGTH = 46;
    private static final int LOCAL_LENGTH = 30;
    /// Encryption, patch data, strong encryption, masked headers.
    private static final int ODD_FLAGS = 0x2061;
    /// Info-ZIP's field with the name in UTF-8, behind a version and a checksum.
    private static final int UNICODE_NAME = 0x7075;

    private static final int UNICODE_HEAD = 5;
    private static final int HEAP_PER_RECORD = 200;
    private static final long SATURATED = 0xFFFF_FFFFL;

    private final Region file;
    private final ZipEnd end;
    private final List<ZipRecord> records = new ArrayList<>();
    private final Map<String, ZipRecord> byName = new HashMap<>();
    private final Map<String, ZipRecord> byLowerCase = new HashMap<>();
    private final Findings findings;
    private final Glimpse between;
    /// Where contents begin, if finding that out again would cost a page.
    private final Map<ZipRecord, Long> dataOffsets = new IdentityHashMap<>();

    private ZipDirectory(Region file, ZipEnd end, Findings findings) {
        this.file = file;
        this.end = end;
        this.findings = findings;
        this.between = new Glimpse(file);
    }

    /// Whether bytes begin like an archive that PyTorch would open.
    public static boolean isZip(Region file) throws MalformedModelException {
        return file.size() >= LOCAL_LENGTH && file.i32(0) == LOCAL;
    }

    /// Reads the directory of an archive.
    ///
    /// @param findings receives what is unusual
    /// @throws ModelFormatException if there is none, it is damaged, or it exceeds a limit
    public static ZipDirectory read(Region file, Budget budget, Findings findings) throws ModelFormatException {
        ZipEnd end = ZipEnd.find(file, findings);
        ZipDirectory directory = new ZipDirectory(file, end, findings);
        directory.readRecords(budget);
        return directory;
    }

    /// Compares the directory with the archive, whose few bytes between large records are read instead of mapped.
    ///
    /// @param mapped what the archive is a part of
    public void audit(MappedFile mapped) {
        between.open(mapped, records.size());
        try {
            ZipAudit.check(this, findings);
        } finally {
            between.close();
        }
    }

    private void readRecords(Budget budget) throws ModelFormatException {
        Region area = file.slice("zip directory", end.directoryOffset(), end.directorySize());
        long at = 0;
        while (at < area.size() && area.size() - at >= 4 && area.i32(at) == CENTRAL) {
            budget.heap(HEAP_PER_RECORD, area, at);
            int nameLength = area.u16(at + 28);
            int extraLength = area.u16(at + 30);
            long length = (long) CENTRAL_LENGTH + nameLength + extraLength + area.u16(at + 32);
            if (length > area.size() - at) {
                throw area.malformed("zip.directory", "", at, "a record of " + length + " bytes leaves the directory");
            }
            ZipRecord record = record(area, at, nameLength, extraLength);
            add(record);
            if (extraLength > 0) {
                otherName(record, area.slice("extra field", at + CENTRAL_LENGTH + nameLength, extraLength));
            }
            at += length;
        }
        if (records.size() != end.records()) {
            findings.add(
                    "zip.record-count",
                    Severity.ERROR,
                    file,
                    "zip directory",
                    end.directoryOffset(),
                    end.records() + " records declared vs " + records.size() + " found");
        }
        if (end.directoryOffset() + end.directorySize() != end.end()) {
            findings.add(
                    "zip.directory-gap",
                    Severity.ERROR,
                    file,
                    "zip directory",
                    end.directoryOffset(),
                    "the directory does not end where the end record begins: something stands before or between");
        }
    }

    /// Some readers take the name from an extra field, if there is one.
    private void otherName(ZipRecord record, Region extra) throws MalformedModelException {
        for (long at = 0; at + 4 <= extra.size(); at += 4 + extra.u16(at + 2)) {
            int length = Math.min(extra.u16(at + 2), (int) (extra.size() - at - 4));
            if (extra.u16(at) != UNICODE_NAME || length <= UNICODE_HEAD) {
                continue;
            }
            byte[] name = extra.copy("name", at + 4 + UNICODE_HEAD, length - UNICODE_HEAD);
            String other = new String(name, StandardCharsets.UTF_8);
            boolean ascii = record.name().chars().allMatch(c -> c < 0x80);
            if (ascii && !other.equals(record.name())) {
                findings.add(
                        "zip.two-names",
                        Severity.ERROR,
                        file,
                        place(record),
                        record.headerOffset(),
                        "an extra field calls it " + Findings.shown(other) + ": readers may take either name");
            }
        }
    }

    private static ZipRecord record(Region area, long at, int nameLength, int extraLength) throws ModelFormatException {
        byte[] name = new byte[nameLength];
        MemorySegment.copy(area.bytes(), ValueLayout.JAVA_BYTE, at + CENTRAL_LENGTH, name, 0, nameLength);
        long stored = area.i32(at + 20) & SATURATED;
        long size = area.i32(at + 24) & SATURATED;
        long offset = area.i32(at + 42) & SATURATED;
        if (stored == SATURATED || size == SATURATED || offset == SATURATED) {
            Region wide = zip64(area.slice("extra field", at + CENTRAL_LENGTH + nameLength, extraLength));
            long next = 0;
            if (size == SATURATED) {
                size = wide.i64(next);
                next += 8;
            }
            if (stored == SATURATED) {
                stored = wide.i64(next);
                next += 8;
            }
            if (offset == SATURATED) {
                offset = wide.i64(next);
            }
        }
        if (stored < 0 || size < 0 || offset < 0) {
            throw area.malformed("zip.size", "", at, "a size or an offset beyond 2^63");
        }
        String text = new String(name, StandardCharsets.UTF_8);
        return new ZipRecord(text, area.u16(at + 10), area.u16(at + 8), area.i32(at + 16), stored, size, offset);
    }

    private static Region zip64(Region extra) throws MalformedModelException {
        for (long at = 0; at + 4 <= extra.size(); ) {
            int length = extra.u16(at + 2);
            if (extra.u16(at) == 1) {
                return extra.slice("zip64 field", at + 4, length);
            }
            at += 4 + length;
        }
        throw extra.malformed("zip.size", "", 0, "sizes are in a zip64 field, which is missing");
    }

    private void add(ZipRecord record) {
        records.add(record);
        ZipRecord earlier = byName.put(record.name(), record);
        String lower = record.name().toLowerCase(Locale.ROOT);
        ZipRecord like = byLowerCase.put(lower, record);
        if (earlier == null && like == null && (record.flags() & ODD_FLAGS) == 0) {
            return;
        }
        String shown = Findings.shown(record.name());
        if (earlier != null) {
            findings.add(
                    "zip.duplicate",
                    Severity.ERROR,
                    file,
                    "record " + shown,
                    record.headerOffset(),
                    "two records have this name; PyTorch reads the later one, other readers the first");
        } else if (like != null) {
            findings.add(
                    "zip.case",
                    Severity.ERROR,
                    file,
                    "record " + shown,
                    record.headerOffset(),
                    "it differs from " + Findings.shown(like.name()) + " only in case: readers may choose either");
        }
        if ((record.flags() & ODD_FLAGS) != 0) {
            findings.add(
                    "zip.flags",
                    Severity.WARNING,
                    file,
                    "record " + shown,
                    record.headerOffset(),
                    "flags 0x" + Integer.toHexString(record.flags()) + " claim encryption or patch data");
        }
    }

    /// All records in the order of the directory.
    public List<ZipRecord> records() {
        return records;
    }

    /// The archive.
    public Region file() {
        return file;
    }

    /// Where the directory begins.
    public long directoryOffset() {
        return end.directoryOffset();
    }

    /// The record that PyTorch would read for a name: the last one of exactly this name, else the last one that
    /// differs only in case; null if there is none.
    public @Nullable ZipRecord find(String name) {
        ZipRecord exact = byName.get(name);
        return exact != null ? exact : byLowerCase.get(name.toLowerCase(Locale.ROOT));
    }

    /// Where the content of a record begins in the archive, after checking its local header.
    ///
    /// @throws MalformedModelException if there is no local header, or the content leaves the archive
    public long dataOffset(ZipRecord record) throws MalformedModelException {
        Long known = dataOffsets.get(record);
        return known == null ? findData(record) : known;
    }

    private long findData(ZipRecord record) throws MalformedModelException {
        long at = record.headerOffset();
        if (at > file.size() - LOCAL_LENGTH || between.i32(at) != LOCAL) {
            throw broken(record, "it has no local header where the directory points");
        }
        long data = at + LOCAL_LENGTH + between.u16(at + 26) + between.u16(at + 28);
        if (record.storedSize() > end.directoryOffset() - data) {
            throw broken(record, record.storedSize() + " bytes vs " + (end.directoryOffset() - data) + " available");
        }
        if (between.isOpen()) {
            dataOffsets.put(record, data);
        }
        return data;
    }

    private MalformedModelException broken(ZipRecord record, String problem) {
        return file.malformed("zip.record", "record " + Findings.shown(record.name()), record.headerOffset(), problem);
    }

    /// The content of a record: a view of the archive if it is stored, else inflated onto the heap.
    ///
    /// @throws ModelFormatException if it is damaged, encrypted, compressed in another way, or exceeds a limit
    public Region content(ZipRecord record, Budget budget) throws ModelFormatException {
        Region stored = file.slice(place(record), dataOffset(record), record.storedSize());
        if (record.method() == ZipRecord.STORED) {
            if (record.storedSize() != record.size()) {
                throw broken(record, "stored, but " + record.storedSize() + " vs " + record.size() + " bytes");
            }
            return stored;
        }
        if (record.method() != ZipRecord.DEFLATED) {
            throw broken(record, "compression method " + record.method() + " is not supported");
        }
        budget.heap(record.size(), stored, 0);
        if (record.size() > Integer.MAX_VALUE - 16) {
            throw stored.limit("maxHeapBytes", "", 0, record.size() + " inflated bytes do not fit one array");
        }
        return Inflated.of(stored, record.size());
    }

    /// Compares what the directory says of a record with its local header; findings go to the list given to [#read].
    ///
    /// @return where the record ends, with its descriptor
    /// @throws MalformedModelException if there is no local header
    public long compare(ZipRecord record) throws MalformedModelException {
        long at = record.headerOffset();
        long data = dataOffset(record);
        if (!sameName(record)) {
            byte[] local = file.copy("name", at + LOCAL_LENGTH, between.u16(at + 26));
            String name = new String(local, StandardCharsets.UTF_8);
            if (!name.equals(record.name())) {
                String message = "its local header has another name: " + Findings.shown(name);
                findings.add("zip.local-name", Severity.ERROR, file, place(record), at, message);
            }
        }
        if (between.u16(at + 8) != record.method()) {
            findings.add(
                    "zip.local-method", Severity.ERROR, file, place(record), at, "its local header has another method");
        }
        boolean descriptor = (between.u16(at + 6) & 8) != 0;
        long localSize = between.i32(at + 18) & SATURATED;
        boolean unset = descriptor && localSize == 0;
        if (!unset && localSize != SATURATED && localSize != record.storedSize()) {
            findings.add(
                    "zip.local-size",
                    Severity.ERROR,
                    file,
                    place(record),
                    at,
                    localSize + " bytes in its local header vs " + record.storedSize() + " in the directory");
        }
        long end = data + record.storedSize();
        return descriptor ? end + descriptorLength(end) : end;
    }

    private static String place(ZipRecord record) {
        return "record " + Findings.shown(record.name());
    }

    /// Whether the local header spells an ASCII name in the same way.
    private boolean sameName(ZipRecord record) throws MalformedModelException {
        String name = record.name();
        long at = record.headerOffset();
        if (between.u16(at + 26) != name.length()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (between.u8(at + LOCAL_LENGTH + i) != name.charAt(i) || name.charAt(i) > 0x7F) {
                return false;
            }
        }
        return true;
    }

    private long descriptorLength(long at) throws MalformedModelException {
        boolean signed = file.size() - at >= 4 && between.i32(at) == 0x08074b50;
        // Whether sizes take 4 or 8 bytes is not said; the next record tells.
        for (int length : signed ? new int[] {16, 24} : new int[] {0, 12, 20}) {
            long next = at + length;
            if (file.size() - next >= 4 && (between.i32(next) == LOCAL || between.i32(next) == CENTRAL)) {
                return length;
            }
        }
        return signed ? 16 : 0;
    }

    /// Whether the CRC-32 of some content is that of the record.
    public static boolean crcMatches(ZipRecord record, Region content) {
        CRC32 crc = new CRC32();
        for (long at = 0; at < content.size(); ) {
            long length = Math.min(1 << 30, content.size() - at);
            crc.update(content.bytes().asSlice(at, length).asByteBuffer());
            at += length;
        }
        return (int) crc.getValue() == record.crc();
    }

    /// Inflating onto the heap.
    private static final class Inflated {
        static Region of(Region stored, long size) throws ModelFormatException {
            byte[] out = new byte[(int) size];
            Inflater inflater = new Inflater(true);
            try {
                if (stored.size() <= Integer.MAX_VALUE) {
                    inflater.setInput(stored.bytes().asByteBuffer());
                }
                int done = 0;
                int got = 1;
                while (got > 0 && done < out.length) {
                    got = inflater.inflate(out, done, out.length - done);
                    done += got;
                }
                boolean more = !inflater.finished() && inflater.inflate(new byte[1]) > 0;
                if (done != size || more) {
                    throw stored.malformed(
                            "zip.inflate", "", 0, (more ? "more than " : done + " bytes inflated vs ") + size);
                }
            } catch (DataFormatException damaged) {
                throw stored.malformed("zip.inflate", "", 0, "damaged: " + damaged.getMessage());
            } finally {
                inflater.end();
            }
            Region region = Region.of(MemorySegment.ofArray(out), stored.source());
            return region.at(stored.place() + " (inflated)");
        }
    }
}
