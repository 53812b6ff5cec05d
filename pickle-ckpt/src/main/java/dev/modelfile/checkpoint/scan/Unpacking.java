package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;
import dev.modelfile.io.Segments;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/// Compressed data: gzip and zlib are unfolded within limits, what the JDK cannot read is said to be unread.
final class Unpacking {
    private static final long MOST = 256L << 20;
    private static final Map<String, String> OTHERS = Map.of(
            "BZh", "bzip2",
            "\u00fd7zXZ\0", "xz",
            "7z\u00bc\u00af\'\u001c", "7z",
            "(\u00b5/\u00fd", "zstd",
            "\u0004\"M\u0018", "lz4",
            "ZF0x", "old joblib");

    private final ContentScan scan;
    private final int depth;

    Unpacking(ContentScan scan, int depth) {
        this.scan = scan;
        this.depth = depth;
    }

    static boolean isPacked(Region content) throws ModelFormatException {
        return isGzip(content) || isZlib(content) || !other(content).isEmpty();
    }

    private static boolean isGzip(Region content) throws ModelFormatException {
        return ContentScan.startsWith(content, "\u001f\u008b\b");
    }

    private static boolean isZlib(Region content) throws ModelFormatException {
        boolean deflate = content.size() > 6 && content.u8(0) == 0x78;
        int flags = deflate ? content.u8(1) : 0;
        return deflate && (0x7800 + flags) % 31 == 0 && (flags & 0x20) == 0 && (content.u8(2) & 6) != 6;
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
        long most = Math.min(MOST, scan.limits().maxHeapBytes() / 4);
        byte[] all;
        try (InputStream packed = Segments.stream(content.bytes());
                InputStream plain = isGzip(content) ? new GZIPInputStream(packed) : new InflaterInputStream(packed)) {
            all = plain.readNBytes((int) Math.min(most, Integer.MAX_VALUE - 16));
            if (plain.read() >= 0) {
                scan.add("scan.limit", Severity.ERROR, content, 0, "it unpacks to more than " + most + " bytes");
            }
        } catch (IOException damaged) {
            scan.add("scan.not-scannable", Severity.ERROR, content, 0, "damaged: " + damaged.getMessage());
            return;
        }
        scan.inflated(all.length);
        Region inner = Region.of(MemorySegment.ofArray(all), content.source()).at(content.place() + " (unpacked)");
        scan.scan(inner, depth + 1);
        scan.inflated(-all.length);
    }
}
