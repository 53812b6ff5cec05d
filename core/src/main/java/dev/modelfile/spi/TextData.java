package dev.modelfile.spi;

import dev.modelfile.json.Utf8;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// Where the bytes of a text come from. Formats copy short texts out of their files. A long one, such as a vocabulary
/// that is written as JSON, stays there, and is decoded while it is read, from its beginning or from a place in it.
///
/// Implementations are immutable and safe for use by many threads. What lies in a file is there until the model is
/// closed; reading it later throws an [IllegalStateException].
public interface TextData {
    /// Formats leave texts of more than so many stored bytes in the file.
    int LONG = 1 << 16;

    /// The bytes of a text, one after the other.
    abstract class Input extends InputStream {
        /// Makes an input.
        protected Input() {}

        /// Where in the stored form the next byte begins, for [TextData#open].
        public abstract long position();

        @Override
        public abstract int read();

        @Override
        public int read(byte[] target, int offset, int length) {
            Objects.checkFromIndexSize(offset, length, target.length);
            for (int i = 0; i < length; i++) {
                int next = read();
                if (next < 0) {
                    return i == 0 ? -1 : i;
                }
                target[offset + i] = (byte) next;
            }
            return length;
        }
    }

    /// Number of bytes; may have to count them.
    long byteSize();

    /// Reads the text from a place on.
    ///
    /// @param position 0 for the beginning, else an [Input#position] where no character was begun
    Input open(long position);

    /// All bytes, in an array of their own.
    ///
    /// @throws ArithmeticException if they do not fit one
    default byte[] bytes() {
        byte[] all = new byte[Math.toIntExact(byteSize())];
        Input input = open(0);
        for (int at = 0; at < all.length; ) {
            int got = input.read(all, at, all.length - at);
            if (got < 0) {
                throw new IllegalStateException("a text of " + at + " bytes instead of " + all.length);
            }
            at += got;
        }
        return all;
    }

    /// Writes all bytes.
    ///
    /// @throws IOException if they cannot be taken
    default void writeTo(OutputStream out) throws IOException {
        open(0).transferTo(out);
    }

    /// Whether the bytes are UTF-8.
    default boolean isUtf8() {
        return Utf8.firstError(MemorySegment.ofArray(bytes())) < 0;
    }

    /// Bytes that are in memory or in a mapping just as they are.
    static TextData of(MemorySegment bytes) {
        return new StoredText(bytes.asReadOnly());
    }
}
