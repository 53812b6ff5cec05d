package dev.modelfile.checkpoint.scan;

import dev.modelfile.MalformedModelException;
import dev.modelfile.io.Region;
import java.io.ByteArrayOutputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Unpacks streams of gzip or zlib that stand one after the other: readers go on with the next one.
final class Streams implements AutoCloseable {
    private static final int CHUNK = 1 << 16;
    private static final int GZIP_HEADER = 10;
    private static final int GZIP_TRAILER = 8;
    private static final int MOST_ZEROS = 1 << 20;
    /// What follows the fixed part of a gzip header.
    private static final int CHECKED = 2, EXTRA = 4, NAMED = 8, COMMENTED = 16;

    private final Region content;
    private final boolean gzip;
    private final long most;
    private final Inflater inflater;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private long at;

    /// @param most how many bytes to unpack
    Streams(Region content, boolean gzip, long most) {
        this.content = content;
        this.gzip = gzip;
        this.most = most;
        this.inflater = new Inflater(gzip);
    }

    static boolean isGzip(Region content, long at) throws MalformedModelException {
        return content.size() - at >= 3
                && content.u8(at) == 0x1F
                && content.u8(at + 1) == 0x8B
                && content.u8(at + 2) == 8;
    }

    static boolean isZlib(Region content, long at) throws MalformedModelException {
        boolean deflate = content.size() - at > 6 && content.u8(at) == 0x78;
        int flags = deflate ? content.u8(at + 1) : 0;
        return deflate && (0x7800 + flags) % 31 == 0 && (flags & 0x20) == 0 && (content.u8(at + 2) & 6) != 6;
    }

    /// Where the last stream ended.
    long end() {
        return at;
    }

    /// Whether there would have been more than the most.
    boolean isCut() {
        return out.size() > most;
    }

    /// What all streams together hold.
    byte[] unpacked() {
        return out.toByteArray();
    }

    /// Unpacks until there is no further stream.
    ///
    /// @throws DataFormatException if one is damaged
    void unpack() throws MalformedModelException, DataFormatException {
        while (!isCut() && (gzip ? isGzip(content, at) : isZlib(content, at))) {
            at += gzip ? header() : 0;
            inflater.reset();
            inflate();
            at += gzip ? GZIP_TRAILER : 0;
            at = gzip ? behindZeros() : at;
        }
        at = Math.min(at, content.size());
    }

    /// Where the next stream of gzip begins: Python passes over zeros before it.
    private long behindZeros() throws MalformedModelException {
        long next = at;
        while (next < content.size() && next - at < MOST_ZEROS && content.u8(next) == 0) {
            next++;
        }
        return isGzip(content, next) ? next : at;
    }

    private long header() throws MalformedModelException {
        int flags = content.u8(at + 3);
        long length = GZIP_HEADER;
        length += (flags & EXTRA) == 0 ? 0 : 2 + content.u16(at + length);
        for (int text : new int[] {NAMED, COMMENTED}) {
            if ((flags & text) != 0) {
                while (content.u8(at + length) != 0) {
                    length++;
                }
                length++;
            }
        }
        return length + ((flags & CHECKED) == 0 ? 0 : 2);
    }

    private void inflate() throws MalformedModelException, DataFormatException {
        byte[] input = new byte[CHUNK];
        byte[] output = new byte[CHUNK];
        while (!inflater.finished() && !isCut()) {
            if (inflater.needsInput()) {
                int length = (int) Math.min(CHUNK, content.size() - at);
                if (length == 0 || inflater.needsDictionary()) {
                    throw new DataFormatException("it ends early");
                }
                input = content.copy("packed data", at, length);
                inflater.setInput(input);
                at += length;
            }
            int got = inflater.inflate(output);
            if (got == 0 && inflater.needsDictionary()) {
                throw new DataFormatException("it needs a dictionary");
            }
            out.write(output, 0, (int) Math.min(got, most + 1 - out.size()));
        }
        at -= inflater.getRemaining();
    }

    @Override
    public void close() {
        inflater.end();
    }
}
