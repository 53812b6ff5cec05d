package dev.modelfile.onnx.externaldata;

import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;

/// Maps files below a folder so that what is opened is what was judged: every step goes down from an open folder and
/// follows no link, whoever puts one there in the meantime.
public final class Beneath {
    private static final Set<OpenOption> PLAIN = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

    private Beneath() {}

    /// Maps a file.
    ///
    /// @param folder a folder whose own place is trusted, without links
    /// @param file a path below it, without links
    /// @param arena owns the mapping
    /// @throws NoSuchFileException if the file is gone
    /// @throws FileSystemException if there is a link on the way, or something that is no regular file
    /// @throws IOException if the file cannot be opened or mapped
    public static MappedFile map(Path folder, Path file, Arena arena) throws IOException {
        DirectoryStream<Path> top;
        try {
            top = Files.newDirectoryStream(folder);
        } catch (AccessDeniedException onlyToPass) {
            return compared(file, arena);
        }
        if (top instanceof SecureDirectoryStream<Path> secure) {
            return descend(secure, folder.relativize(file), file, arena);
        }
        top.close();
        return compared(file, arena);
    }

    private static MappedFile descend(SecureDirectoryStream<Path> top, Path way, Path file, Arena arena)
            throws IOException {
        SecureDirectoryStream<Path> at = top;
        try {
            for (int i = 0; i < way.getNameCount() - 1; i++) {
                SecureDirectoryStream<Path> next = at.newDirectoryStream(way.getName(i), LinkOption.NOFOLLOW_LINKS);
                at.close();
                at = next;
            }
            return open(at, way.getName(way.getNameCount() - 1), file, arena);
        } finally {
            at.close();
        }
    }

    private static MappedFile open(SecureDirectoryStream<Path> folder, Path name, Path file, Arena arena)
            throws IOException {
        BasicFileAttributes judged = regular(folder, name, file);
        try (SeekableByteChannel channel = folder.newByteChannel(name, PLAIN)) {
            if (!(channel instanceof FileChannel mappable)) {
                return compared(file, arena);
            }
            MappedFile mapped = MappedFile.of(mappable, file, judged, arena);
            same(judged, regular(folder, name, file), file);
            return mapped;
        }
    }

    private static BasicFileAttributes regular(SecureDirectoryStream<Path> folder, Path name, Path file)
            throws IOException {
        BasicFileAttributes attributes = folder.getFileAttributeView(
                        name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes();
        return regular(attributes, file);
    }

    private static BasicFileAttributes regular(BasicFileAttributes attributes, Path file) throws IOException {
        if (!attributes.isRegularFile()) {
            throw new FileSystemException(file.toString(), null, "it became something else while it was opened");
        }
        return attributes;
    }

    /// For systems without a way to go down from an open folder: the file before and after has to be the same.
    private static MappedFile compared(Path file, Arena arena) throws IOException {
        BasicFileAttributes judged = regular(attributes(file), file);
        try (FileChannel channel = FileChannel.open(file, PLAIN)) {
            MappedFile mapped = MappedFile.of(channel, file, judged, arena);
            if (!file.toRealPath().equals(file)) {
                throw new FileSystemException(file.toString(), null, "it became a link while it was opened");
            }
            same(judged, regular(attributes(file), file), file);
            return mapped;
        }
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    private static void same(BasicFileAttributes before, BasicFileAttributes after, Path file) throws IOException {
        if (!Objects.equals(before.fileKey(), after.fileKey())) {
            throw new FileSystemException(file.toString(), null, "it became another file while it was opened");
        }
    }
}
