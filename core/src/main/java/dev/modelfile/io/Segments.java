package dev.modelfile.io;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/// Layouts and small helpers for memory segments. Files may hold data at any alignment, so every layout is unaligned.
public final class Segments {
    /// Little-endian 16-bit integer at any address.
    public static final ValueLayout.OfShort LE_I16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /// Little-endian 32-bit integer at any address.
    public static final ValueLayout.OfInt LE_I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /// Little-endian 64-bit integer at any address.
    public static final ValueLayout.OfLong LE_I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /// Little-endian float at any address.
    public static final ValueLayout.OfFloat LE_F32 =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /// Little-endian double at any address.
    public static final ValueLayout.OfDouble LE_F64 =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// The largest piece handed to a channel at once: the JDK keeps a direct buffer of that size per thread for heap
    /// data, and a cancelled write should stop soon.
    private static final long PIECE = 8L << 20;

    private Segments() {}

    /// Writes a whole segment to a channel.
    ///
    /// @throws IOException if the channel fails
    public static void write(MemorySegment bytes, WritableByteChannel target) throws IOException {
        for (long at = 0; at < bytes.byteSize(); ) {
            long length = Math.min(PIECE, bytes.byteSize() - at);
            ByteBuffer piece = bytes.asSlice(at, length).asByteBuffer();
            while (piece.hasRemaining()) {
                target.write(piece);
            }
            at += length;
        }
    }

    /// Fills a segment from a channel, as far as the channel has bytes.
    ///
    /// @return the bytes read
    /// @throws IOException if the channel fails
    public static long read(FileChannel source, long position, MemorySegment target) throws IOException {
        long done = 0;
        while (done < target.byteSize()) {
            long length = Math.min(PIECE, target.byteSize() - done);
            int got = source.read(target.asSlice(done, length).asByteBuffer(), position + done);
            if (got < 0) {
                break;
            }
            done += got;
        }
        return done;
    }

    /// A stream over a segment, without copying it.
    public static InputStream stream(MemorySegment bytes) {
        return new SegmentInputStream(bytes);
    }
}
