package dev.modelfile.spi;

import dev.modelfile.io.Region;
import dev.modelfile.io.Segments;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/// What is known of a path before a format is chosen.
///
/// @param path the file or directory
/// @param directory whether it is a directory
/// @param size the size of the file in bytes, 0 for a directory
/// @param head the first bytes of the file, at most [#HEAD]
public record Probe(Path path, boolean directory, long size, Region head) {
    /// How many bytes of a file are looked at.
    public static final int HEAD = 4096;

    /// Reads the beginning of a file.
    ///
    /// @throws IOException if there is no such file, or it cannot be read
    public static Probe of(Path path) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (!attributes.isRegularFile() && !attributes.isDirectory()) {
            // Opening a pipe would wait for somebody to write.
            throw new IOException(path + " is not a regular file");
        }
        if (attributes.isDirectory()) {
            return new Probe(path, true, 0, Region.of(MemorySegment.ofArray(new byte[0]), path.toString()));
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            MemorySegment head = MemorySegment.ofArray(new byte[(int) Math.min(HEAD, size)]);
            long got = Segments.read(channel, 0, head);
            return new Probe(path, false, size, Region.of(head.asSlice(0, got), path.toString()));
        }
    }

    /// The file's name, empty for a root.
    public String fileName() {
        Path name = path.getFileName();
        return name == null ? "" : name.toString();
    }
}
