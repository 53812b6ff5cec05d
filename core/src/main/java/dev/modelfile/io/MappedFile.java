package dev.modelfile.io;

import dev.modelfile.TensorSink;
import dev.modelfile.internal.SourceFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One file of a model, mapped read-only as a whole. The channel is closed again at once; the mapping lives as long as
/// the arena.
public final class MappedFile {
    private static final long WORTH_READING = 256L << 10;

    private final Path path;
    private final MemorySegment bytes;
    private final BasicFileAttributes attributes;
    private final Set<OpenOption> reading;

    private MappedFile(Path path, MemorySegment bytes, BasicFileAttributes attributes, Set<OpenOption> reading) {
        this.path = path;
        this.bytes = bytes;
        this.attributes = attributes;
        this.reading = reading;
    }

    /// Maps a file.
    ///
    /// @param path an existing regular file, of any size
    /// @param arena owns the mapping
    /// @throws IOException if the file cannot be opened, is no regular file, or cannot be mapped
    public static MappedFile open(Path path, Arena arena) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new IOException(path + " is " + (attributes.isDirectory() ? "a directory" : "not a regular file"));
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return map(channel, path, attributes, arena, Set.of(StandardOpenOption.READ));
        }
    }

    /// Maps a file that is open already; the channel is not needed afterwards. No later copy follows a link in its
    /// place.
    ///
    /// @param path where the file is, without links
    /// @param attributes what the file's attributes are
    /// @param arena owns the mapping
    /// @throws IOException if it cannot be mapped
    public static MappedFile of(FileChannel channel, Path path, BasicFileAttributes attributes, Arena arena)
            throws IOException {
        return map(channel, path, attributes, arena, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
    }

    private static MappedFile map(
            FileChannel channel, Path path, BasicFileAttributes attributes, Arena arena, Set<OpenOption> reading)
            throws IOException {
        MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        return new MappedFile(path, bytes, attributes, reading);
    }

    /// The file.
    public Path path() {
        return path;
    }

    /// Its size in bytes when it was mapped.
    public long size() {
        return bytes.byteSize();
    }

    /// The whole content, read-only.
    public MemorySegment bytes() {
        return bytes;
    }

    /// A view of the whole content whose errors name this file.
    public Region region() {
        return Region.of(bytes, path.toString());
    }

    /// Opens the file once more beside its mapping. Reading a few bytes at many places far apart costs less than
    /// mapping the pages that they are on.
    ///
    /// @return a channel to close, or null if the path names another file by now, none, or one that cannot be opened
    /// @throws IOException if the thread is interrupted
    public @Nullable FileChannel reopen() throws IOException {
        try {
            // Before, because opening a pipe waits for who writes into it.
            return isSame() ? opened() : null;
        } catch (FileSystemException gone) {
            return null;
        }
    }

    private @Nullable FileChannel opened() throws IOException {
        FileChannel channel = FileChannel.open(path, reading);
        try {
            if (isSame() && channel.size() >= size()) {
                return channel;
            }
        } catch (IOException failed) {
            channel.close();
            throw failed;
        }
        channel.close();
        return null;
    }

    /// Hands a range to a sink in order. A long one is read piece by piece, which for a single pass costs less than
    /// mapping its pages.
    ///
    /// @throws IOException if reading fails, or the sink does
    /// @throws IndexOutOfBoundsException if the range is not inside the file
    public void writeTo(TensorSink sink, long offset, long length) throws IOException {
        MemorySegment range = bytes.asSlice(offset, length);
        if (length < WORTH_READING) {
            sink.write(range);
            return;
        }
        try (SourceFile source = new SourceFile(this)) {
            source.writeTo(sink, offset, length);
        }
    }

    private boolean isSame() throws IOException {
        BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
        return Objects.equals(now.fileKey(), attributes.fileKey())
                && now.size() == attributes.size()
                && now.lastModifiedTime().equals(attributes.lastModifiedTime());
    }

    @Override
    public String toString() {
        return path + " (" + size() + " bytes)";
    }
}
