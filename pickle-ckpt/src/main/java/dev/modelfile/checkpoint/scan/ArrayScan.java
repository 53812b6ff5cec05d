package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.nio.charset.StandardCharsets;

/// NumPy's `.npy` files: plain numbers, or a pickle if the elements are objects; several may stand one after the other.
final class ArrayScan {
    private static final String MAGIC = "\u0093NUMPY";
    private static final int LONGEST_HEADER = 1 << 20;
    private static final int MAX_ARRAYS = 100_000;

    private final ContentScan scan;
    private final int depth;

    ArrayScan(ContentScan scan, int depth) {
        this.scan = scan;
        this.depth = depth;
    }

    static boolean isArray(Region content) throws ModelFormatException {
        return ContentScan.startsWith(content, MAGIC);
    }

    void scan(Region content) throws ModelFormatException {
        Region rest = content;
        for (int i = 0; isArray(rest); i++) {
            if (i == MAX_ARRAYS) {
                scan.add("scan.limit", Severity.ERROR, rest, 0, "more than " + MAX_ARRAYS + " arrays");
                return;
            }
            long end = array(rest);
            if (end < 0) {
                return;
            }
            rest = rest.slice("", end, rest.size() - end).at(content.place());
        }
        if (rest.size() > 0) {
            scan.add("numpy.trailing", Severity.WARNING, rest, 0, rest.size() + " bytes behind the last array");
            scan.scan(rest, depth + 1);
        }
    }

    /// Scans one array; returns where it ends, -1 if a pickle takes the rest.
    private long array(Region content) throws ModelFormatException {
        int major = content.u8(6);
        long length = major == 1 ? content.u16(8) : content.i32(8) & 0xFFFF_FFFFL;
        long start = major == 1 ? 10 : 12;
        if (major < 1 || major > 3 || length > LONGEST_HEADER) {
            throw content.malformed("numpy.header", "", 6, "version " + major + ", header of " + length + " bytes");
        }
        byte[] bytes = content.copy("header", start, length);
        String text = new String(bytes, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        ArrayHeader header = ArrayHeader.read(text);
        long data = start + length;
        if (header == null) {
            scan.add("numpy.header", Severity.ERROR, content, start, "a header that NumPy would not write");
        } else if (!header.objects()) {
            if (header.bytes() > content.size() - data) {
                throw content.malformed(
                        "numpy.data", "", data, header.bytes() + " bytes vs " + (content.size() - data) + " available");
            }
            return data + header.bytes();
        } else {
            scan.add("numpy.objects", Severity.WARNING, content, start, "an array of objects, which is a pickle");
        }
        Region objects = content.slice("objects", data, content.size() - data);
        if (!new StreamScan(scan, depth).scan(objects)) {
            scan.add("pickle.none", Severity.ERROR, objects, 0, "the objects are no pickle");
        }
        return -1;
    }
}
