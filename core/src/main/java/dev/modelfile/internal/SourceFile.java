package dev.modelfile.internal;

import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Segments;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// A mapped file opened once more, for large ranges of which every byte is needed once: the system copies bytes faster
/// than it maps their pages.
public final class SourceFile implements Closeable {
    private final MappedFile file;
    /// Null if it cannot be opened any more: the mapping is the truth and holds the bytes.
    private final @Nullable FileChannel channel;

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

    /// Copies a range to the place where the target is, inside the kernel where the system can do that.
    ///
    /// @throws IOException if reading or writing fails
    void transfer(long offset, long length, FileChannel target) throws IOException {
        long done = 0;
        if (channel != null) {
            long moved = 1;
            while (done < length && moved > 0) {
                moved = channel.transferTo(offset + done, length - done, target);
                done += moved;
            }
        }
        if (done < length) {
            Segments.write(file.bytes().asSlice(offset + done, length - done), target);
        }
    }

    /// Fills a segment. Any number of threads may do so.
    ///
    /// @throws IOException if reading fails
    public void read(long offset, MemorySegment target) throws IOException {
        long done = channel == null ? 0 : Segments.read(channel, offset, target);
        MemorySegment.copy(file.bytes(), offset + done, target, done, target.byteSize() - done);
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
