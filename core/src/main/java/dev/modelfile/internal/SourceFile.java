package dev.modelfile.internal;

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
        while (channel != null && done < length) {
            MemorySegment piece = buffer().asSlice(0, Math.min(PIECE, length - done));
            read(offset + done, piece);
            Segments.write(piece, target);
            done += piece.byteSize();
        }
        if (done < length) {
            Segments.write(file.bytes().asSlice(offset + done, length - done), target);
        }
    }

    private MemorySegment buffer() {
        if (buffer == null) {
            buffer = Arena.ofAuto().allocate(PIECE, 64);
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
        if (channel != null) {
            channel.close();
        }
    }
}
