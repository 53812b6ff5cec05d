package dev.modelfile.internal;

import dev.modelfile.TensorSink;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Segments;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// A mapped file opened once more, for large ranges of which every byte is needed once: the system copies bytes faster
/// than it maps their pages.
public final class SourceFile implements Closeable {
    private static final long PAGE = 4096;
    /// Small enough for the second-level cache.
    private static final int PIECE = 256 << 10;

    private final MappedFile file;
    /// Null if it cannot be opened any more: the mapping is the truth and holds the bytes.
    private final @Nullable FileChannel channel;

    private @Nullable Arena memory;
    private @Nullable MemorySegment buffer;

    /// Opens it.
    ///
    /// @throws IOException if the thread is interrupted
    public SourceFile(MappedFile file) throws IOException {
        this.file = file;
        this.channel = file.reopen();
    }

    /// Whether this is the file.
    boolean is(MappedFile other) {
        return file == other;
    }

    /// Whether it can be read when the mapping is gone.
    boolean isOpen() {
        return channel != null;
    }

    /// Copies a range to the place where the target is: inside the kernel where both lie alike on their pages,
    /// otherwise through a buffer, because the kernel would write each page in two parts.
    ///
    /// @throws IOException if reading or writing fails
    void transfer(long offset, long length, FileChannel target) throws IOException {
        long done = 0;
        if (channel != null && (offset - target.position()) % PAGE == 0) {
            long moved = 1;
            while (done < length && moved > 0) {
                moved = channel.transferTo(offset + done, length - done, target);
                done += moved;
            }
        }
        if (done < length) {
            writeTo(bytes -> Segments.write(bytes, target), offset + done, length - done);
        }
    }

    /// Hands a range to a sink in order: piece by piece if it is read, at once if it is only mapped. One thread may do
    /// so, which then closes this.
    ///
    /// @throws IOException if reading fails, or the sink does
    public void writeTo(TensorSink sink, long offset, long length) throws IOException {
        if (channel == null) {
            sink.write(file.bytes().asSlice(offset, length));
            return;
        }
        MemorySegment buffer = buffer();
        for (long at = 0; at < length; at += PIECE) {
            MemorySegment piece = buffer.asSlice(0, Math.min(PIECE, length - at));
            read(offset + at, piece);
            sink.write(piece);
        }
    }

    private MemorySegment buffer() {
        if (buffer == null) {
            memory = Arena.ofConfined();
            buffer = memory.allocate(PIECE, 64);
        }
        return buffer;
    }

    /// Fills a segment. Any number of threads may do so.
    ///
    /// @throws IOException if reading fails
    public void read(long offset, MemorySegment target) throws IOException {
        long done = channel == null ? 0 : Segments.read(channel, offset, target);
        if (done < target.byteSize()) {
            MemorySegment.copy(file.bytes(), offset + done, target, done, target.byteSize() - done);
        }
    }

    @Override
    public void close() throws IOException {
        if (memory != null) {
            memory.close();
            memory = null;
            buffer = null;
        }
        if (channel != null) {
            channel.close();
        }
    }
}
