package dev.modelfile.gguf.container;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.Value;
import dev.modelfile.io.Region;
import dev.modelfile.spi.TextData;
import java.lang.foreign.MemorySegment;

/// Reads a header from its beginning to its end. Every length is compared with what remains of the file first.
final class Cursor {
    private final Region region;
    private final MemorySegment bytes;
    private final Encoding encoding;
    private final Budget budget;
    private long at;

    Cursor(Region region, long at, Encoding encoding, Budget budget) {
        this.region = region;
        this.bytes = region.bytes();
        this.encoding = encoding;
        this.budget = budget;
        this.at = at;
    }

    Region region() {
        return region;
    }

    Encoding encoding() {
        return encoding;
    }

    long at() {
        return at;
    }

    long remaining() {
        return bytes.byteSize() - at;
    }

    int i32(String what) throws MalformedModelException {
        require(what, Integer.BYTES);
        int value = encoding.i32(bytes, at);
        at += Integer.BYTES;
        return value;
    }

    long i64(String what) throws MalformedModelException {
        require(what, Long.BYTES);
        long value = encoding.i64(bytes, at);
        at += Long.BYTES;
        return value;
    }

    /// A length or count of the version's width; negative if it is 2^63 or more.
    long length(String what) throws MalformedModelException {
        require(what, encoding.lengthBytes());
        long value = encoding.length(bytes, at);
        at += encoding.lengthBytes();
        return value;
    }

    /// A string as a value; a long one stays in the file.
    Value value(String what) throws ModelFormatException {
        long start = at;
        long length = stringLength(what);
        if (length <= TextData.LONG) {
            at = start;
            return Value.text(text(what));
        }
        charge(what, 96);
        MemorySegment text = bytes.asSlice(at, length);
        at += length;
        return Value.text(TextData.of(text));
    }

    /// The bytes of a string.
    byte[] text(String what) throws ModelFormatException {
        long start = at;
        long length = stringLength(what);
        charge(what, 2 * length + 48);
        byte[] text = region.copy(what, at, length);
        at = start + encoding.lengthBytes() + length;
        return text;
    }

    /// Passes over strings.
    void skipStrings(String what, long count) throws ModelFormatException {
        long width = encoding.lengthBytes();
        long end = bytes.byteSize() - width;
        long longest = Math.min(budget.limits().maxStringBytes(), Header.MAX_LENGTH);
        long position = at;
        for (long i = 0; i < count; i++) {
            // The common case in line: vocabularies have hundreds of thousands of strings.
            long length = position <= end ? encoding.length(bytes, position) : -1;
            if (length < 0 || length > longest || length > end - position) {
                at = position;
                length = stringLength(what + ", element " + i);
                position = at + length;
                continue;
            }
            position += width + length;
        }
        at = position;
    }

    private long stringLength(String what) throws ModelFormatException {
        long length = length(what);
        if (length < 0 || length > remaining()) {
            throw region.malformed(
                    Rules.STRING_LENGTH,
                    what,
                    at - encoding.lengthBytes(),
                    "string of " + Long.toUnsignedString(length) + " bytes vs " + remaining() + " bytes that remain");
        }
        if (length > budget.limits().maxStringBytes()) {
            throw region.limit(
                    "maxStringBytes",
                    what,
                    at,
                    "string of " + length + " bytes vs " + budget.limits().maxStringBytes());
        }
        return length;
    }

    /// Passes over bytes that were found to be there.
    void skip(long length) {
        at += length;
    }

    /// Accounts for heap that the reader is about to keep.
    void charge(String what, long amount) throws LimitExceededException {
        budget.charge(region, what, at, amount);
    }

    void require(String what, long length) throws MalformedModelException {
        if (length > remaining()) {
            throw region.malformed("io.truncated", what, at, length + " bytes needed vs " + remaining() + " available");
        }
    }
}
