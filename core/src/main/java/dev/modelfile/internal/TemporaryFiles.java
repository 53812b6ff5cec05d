package dev.modelfile.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// The files of one write under temporary names. They vanish unless they are committed, also when the virtual machine
/// is asked to end. The first one is locked until then, which tells others that the write is alive, see [StaleFiles].
final class TemporaryFiles implements AutoCloseable {
    private final String mark = TemporaryName.mark();
    private final List<Path> files = new ArrayList<>();
    private final List<FileChannel> open = new ArrayList<>();
    private boolean closed;
    private final Thread cleaner = new Thread(this::deleteAll, "modelfile-cleanup");

    TemporaryFiles() {
        Runtime.getRuntime().addShutdownHook(cleaner);
    }

    synchronized FileChannel create(Path target) throws IOException {
        checkOpen();
        Path path = TemporaryName.of(target, mark);
        FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        files.add(path);
        open.add(channel);
        Permissions.lend(target, path);
        if (files.size() == 1) {
            lock(channel);
        }
        return channel;
    }

    private static void lock(FileChannel channel) {
        try {
            channel.tryLock();
        } catch (IOException unsupported) {
            // Nobody can lock here, so nobody will take the file for abandoned.
        }
    }

    /// Says that a file has its content.
    synchronized void complete(FileChannel channel) throws IOException {
        if (channel != open.getFirst()) {
            open.remove(channel);
            channel.close();
        }
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw new IOException("writing was cut short: the virtual machine is shutting down");
        }
    }

    synchronized void commit(List<Path> finals, boolean overwrite) throws IOException {
        checkOpen();
        for (Path target : finals) {
            // The check is repeated here: writing may have taken an hour.
            if (!overwrite && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(target.toString(), null, "it appeared in the meantime");
            }
        }
        // Before the renames: some file systems report only now what they could not write.
        for (FileChannel channel : open) {
            channel.close();
        }
        for (int i = 0; i < finals.size(); i++) {
            Permissions.give(finals.get(i), files.get(i));
        }
        // The mark of another write, as that of this one names the new file.
        Path aside = TemporaryName.of(finals.getLast(), mark + "0");
        try {
            new Replacement(files, finals, aside).run(Replacement::rename);
        } catch (Replacement.Unfinished halfWay) {
            files.clear();
            throw halfWay;
        }
        files.clear();
    }

    private synchronized void deleteAll() {
        closed = true;
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException stuck) {
                // Nothing more can be done; the name says what it is.
            }
        }
        files.clear();
    }

    @Override
    public void close() {
        // Some systems do not delete what is open.
        for (FileChannel channel : open) {
            try {
                channel.close();
            } catch (IOException lost) {
                // The file is deleted, or it was closed before.
            }
        }
        deleteAll();
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException shuttingDown) {
            // The hook is running already.
        }
    }
}
