package dev.modelfile.safetensors.header;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.io.Region;
import dev.modelfile.json.Utf8;
import java.util.List;

/// Reads and checks the header of a file, in the reference's order, so that the first broken rule is the same one.
public final class HeaderReader {
    private HeaderReader() {}

    /// Reads the header.
    ///
    /// @param file the whole file
    /// @throws ModelFormatException if it is broken or exceeds a limit
    public static Header read(Region file, ReadOptions options) throws ModelFormatException {
        if (file.size() < Header.PREFIX) {
            throw file.malformed(
                    Rules.HEADER_TOO_SMALL, "header length", 0, "8 bytes needed vs " + file.size() + " available");
        }
        long length = file.i64(0);
        checkLength(file, length, options);
        Region text = file.slice("header", Header.PREFIX, length);
        long wrong = Utf8.firstError(text.bytes());
        if (wrong >= 0) {
            throw text.malformed(Rules.INVALID_HEADER, "", wrong, "invalid UTF-8");
        }
        Deviations deviations = new Deviations(text, options.strict());
        HeaderParser.Parsed parsed = HeaderParser.parse(text, options.limits(), deviations);
        List<HeaderEntry> entries = parsed.entries();
        sort(entries);
        Layout.check(text, entries, file.size() - Header.PREFIX - length);
        return new Header(length, List.copyOf(entries), parsed.metadata(), deviations.findings(), parsed.heap());
    }

    /// Sorts by offsets, then names. Most files are in this order already.
    private static void sort(List<HeaderEntry> entries) {
        for (int i = 1; i < entries.size(); i++) {
            if (compare(entries.get(i - 1), entries.get(i)) > 0) {
                entries.sort(HeaderReader::compare);
                return;
            }
        }
    }

    private static int compare(HeaderEntry a, HeaderEntry b) {
        int order = Long.compareUnsigned(a.begin(), b.begin());
        order = order != 0 ? order : Long.compareUnsigned(a.end(), b.end());
        return order != 0 ? order : a.name().compareTo(b.name());
    }

    private static void checkLength(Region file, long length, ReadOptions options) throws ModelFormatException {
        String said = Long.toUnsignedString(length) + " bytes";
        if (Long.compareUnsigned(length, Header.MAX_LENGTH) > 0) {
            throw file.malformed(
                    Rules.HEADER_TOO_LARGE, "header length", 0, said + " vs at most " + Header.MAX_LENGTH + " allowed");
        }
        if (length > options.limits().maxHeaderBytes()) {
            throw file.limit(
                    "maxHeaderBytes",
                    "header length",
                    0,
                    said + " vs at most " + options.limits().maxHeaderBytes());
        }
        if (length > file.size() - Header.PREFIX) {
            throw file.malformed(
                    Rules.INVALID_HEADER_LENGTH,
                    "header length",
                    0,
                    said + " declared vs " + (file.size() - Header.PREFIX) + " available");
        }
    }
}
