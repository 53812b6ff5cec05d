package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.zip.DataFormatException;

/// Compressed data: gzip and zlib are unfolded within limits, what the JDK cannot read is said to be unread.
final class Unpacking {
    private static final long MOST = 256L << 20;
    private static final long MOST_PADDING = 1 << 20;
    private static final Map<String, String> OTHERS = Map.of(
            "BZh", "bzip2",
            "\u00fd7zXZ\0", "xz",
            "7z\u00bc\u00af\'\u001c", "7z",
            "(\u00b5/\u00fd", "zstd",
            "\u0004\"M\u0018", "lz4",
            "]\0", "lzma",
            "ZF0x", "old joblib");

    private final ContentScan scan;
    private final int depth;

    Unpacking(ContentScan scan, int depth) {
        this.scan = scan;
        this.depth = depth;
    }

    static boolean isPacked(Region content) throws ModelFormatException {
        return Streams.isGzip(content, 0)
                || Streams.isZlib(content, 0)
                || !other(content).isEmpty();
    }

    private static String other(Region content) throws ModelFormatException {
        for (Map.Entry<String, String> magic : OTHERS.entrySet()) {
            if (ContentScan.startsWith(content, magic.getKey())) {
                return magic.getValue();
            }
        }
        return "";
    }

    void scan(Region content) throws ModelFormatException {
        String other = other(content);
        if (!other.isEmpty()) {
            scan.add(
                    "scan.not-scannable",
                    Severity.ERROR,
                    content,
                    0,
                    other + "-compressed data cannot be unpacked here");
            return;
        }
        long most = Math.min(MOST, scan.limits().maxHeapBytes() / 8);
        try (Streams streams = new Streams(content, Streams.isGzip(content, 0), most)) {
            streams.unpack();
            if (streams.isCut()) {
                scan.add("scan.limit", Severity.ERROR, content, 0, "it unpacks to more than " + most + " bytes");
            } else {
                behind(content, streams.end());
            }
            inner(content, streams.unpacked());
        } catch (DataFormatException damaged) {
            scan.add("scan.not-scannable", Severity.ERROR, content, 0, "damaged: " + damaged.getMessage());
        }
    }

    private void inner(Region content, byte[] unpacked) {
        scan.inflated(unpacked.length);
        Region inner = Region.of(MemorySegment.ofArray(unpacked), content.source());
        scan.scan(inner.at(content.place() + " (unpacked)"), depth + 1);
        scan.inflated(-unpacked.length);
    }

    /// What stands behind the packed data; zeros are padding.
    private void behind(Region content, long end) throws ModelFormatException {
        Region rest = content.slice("behind the packed data", end, content.size() - end);
        boolean padding = rest.size() < MOST_PADDING;
        for (long i = 0; padding && i < rest.size(); i++) {
            padding = rest.u8(i) == 0;
        }
        if (!padding) {
            scan.add("scan.trailing", Severity.WARNING, rest, 0, rest.size() + " bytes behind the packed data");
            scan.scan(rest, depth + 1);
        }
    }
}
