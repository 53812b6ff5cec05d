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
            "ZF0x", "old joblib",
            "Rar!\u001a\u0007", "rar",
            "LZIP", "lzip",
            "\u00ff\u0006\0\0sNaPpY", "snappy");

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
        // Frames that readers of zstd and lz4 pass over.
        boolean skipped = content.size() > 8 && (content.i32(0) & 0xFFFF_FFF0) == 0x184D2A50;
        return skipped ? "zstd- or lz4" : "";
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
        if (rest.size() >= MOST_PADDING || !padding(rest, rest.size())) {
            // Behind that many zeros another stream could begin.
            Severity severity = padding(rest, MOST_PADDING) ? Severity.ERROR : Severity.WARNING;
            scan.add("scan.trailing", severity, rest, 0, rest.size() + " bytes behind the packed data");
            scan.scan(rest, depth + 1);
        }
    }

    /// Whether there are only zeros in the first bytes.
    private static boolean padding(Region rest, long most) throws ModelFormatException {
        for (long i = 0; i < Math.min(most, rest.size()); i++) {
            if (rest.u8(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
