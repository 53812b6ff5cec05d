package dev.modelfile.safetensors.header;

import dev.modelfile.MalformedModelException;
import dev.modelfile.io.Region;
import dev.modelfile.spi.Printable;
import java.util.List;

/// The one check of where tensors lie: without holes, without overlap, of the size that dtype and shape say, and up to
/// the end of the file. Readers and writers both pass through here.
final class Layout {
    private Layout() {}

    /// Checks entries that are sorted by their offsets.
    ///
    /// @param header the header, for messages
    /// @param dataBytes bytes behind the header
    static void check(Region header, List<HeaderEntry> entries, long dataBytes) throws MalformedModelException {
        long end = 0;
        for (HeaderEntry entry : entries) {
            if (entry.begin() != end || Long.compareUnsigned(entry.end(), entry.begin()) < 0) {
                throw error(
                        header,
                        entry,
                        Rules.INVALID_OFFSET,
                        "data_offsets [" + Long.toUnsignedString(entry.begin()) + ", "
                                + Long.toUnsignedString(entry.end()) + "], a tensor should begin at "
                                + Long.toUnsignedString(end));
            }
            long size = size(header, entry);
            if (entry.end() - entry.begin() != size) {
                throw error(
                        header,
                        entry,
                        Rules.INVALID_INFO,
                        "dtype and shape take " + Long.toUnsignedString(size) + " bytes vs "
                                + Long.toUnsignedString(entry.end() - entry.begin()) + " in data_offsets");
            }
            end = entry.end();
        }
        if (end != dataBytes) {
            throw header.malformed(
                    Rules.INCOMPLETE_BUFFER,
                    "",
                    -1,
                    "the tensors take " + Long.toUnsignedString(end) + " bytes vs " + dataBytes
                            + " bytes behind the header");
        }
    }

    private static long size(Region header, HeaderEntry entry) throws MalformedModelException {
        long bits;
        try {
            long elements = 1;
            for (long dim : entry.dims()) {
                elements = Math.unsignedMultiplyExact(elements, dim);
            }
            bits = Math.unsignedMultiplyExact(elements, (long) entry.dtype().bits());
        } catch (ArithmeticException overflow) {
            throw error(header, entry, Rules.OVERFLOW, "the size of dtype and shape does not fit 64 bits");
        }
        if (Long.remainderUnsigned(bits, 8) != 0) {
            throw error(
                    header,
                    entry,
                    Rules.MISALIGNED_SLICE,
                    Long.toUnsignedString(bits) + " bits of " + entry.dtype() + " do not fill whole bytes");
        }
        return bits >>> 3;
    }

    private static MalformedModelException error(Region header, HeaderEntry entry, String rule, String problem) {
        return header.malformed(rule, "tensor \"" + Printable.of(entry.name()) + "\"", entry.position(), problem);
    }
}
