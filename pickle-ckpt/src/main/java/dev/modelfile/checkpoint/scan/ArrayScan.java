package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.nio.charset.StandardCharsets;

/// NumPy's `.npy` files: plain numbers, or a pickle if the elements are objects.
final class ArrayScan {
    private static final int LONGEST_HEADER = 1 << 20;

    private final ContentScan scan;

    ArrayScan(ContentScan scan) {
        this.scan = scan;
    }

    void scan(Region content) throws ModelFormatException {
        int major = content.u8(6);
        long length = major == 1 ? content.u16(8) : content.i32(8) & 0xFFFF_FFFFL;
        long start = major == 1 ? 10 : 12;
        if (major < 1 || major > 3 || length > LONGEST_HEADER) {
            throw content.malformed("numpy.header", "", 6, "version " + major + ", header of " + length + " bytes");
        }
        String header = new String(content.copy("header", start, length), StandardCharsets.ISO_8859_1);
        int descr = header.indexOf("'descr'");
        if (descr < 0) {
            throw content.malformed("numpy.header", "", start, "the header names no type");
        }
        int end = header.indexOf("'fortran_order'", descr);
        String type = header.substring(descr + 7, end < 0 ? header.length() : end);
        if (type.contains("O")) {
            Region pickle = content.slice("objects", start + length, content.size() - start - length);
            scan.add("numpy.objects", Severity.WARNING, content, start, "an array of objects, which is a pickle");
            if (!new StreamScan(scan, 0).scan(pickle)) {
                scan.add("pickle.none", Severity.ERROR, pickle, 0, "the objects are no pickle");
            }
        }
    }
}
