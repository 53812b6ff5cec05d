package dev.modelfile.internal;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/// Gives complete files their names. One file is replaced in one step; of several, the last one says what is in the
/// others, so at no time does an old one stand beside new others, which it would misread.
final class Replacement {
    private final List<Path> files;
    private final List<Path> finals;
    private final Path aside;

    /// A way to rename a file.
    interface Move {
        /// Renames a file, in one step where the system can.
        void move(Path from, Path to) throws IOException;
    }

    /// Some files have their names, others not: those are not to be deleted.
    static final class Unfinished extends FileSystemException {
        private static final long serialVersionUID = 1L;

        Unfinished(Path index, String reason) {
            super(index.toString(), null, reason);
        }
    }

    /// Files and their names.
    ///
    /// @param finals the names; the last one is that of the index
    /// @param aside where an old index waits until the new one is in its place
    Replacement(List<Path> files, List<Path> finals, Path aside) {
        this.files = List.copyOf(files);
        this.finals = List.copyOf(finals);
        this.aside = aside;
    }

    static void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException unsupported) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /// Renames the files.
    ///
    /// @throws Unfinished if some have their names and others cannot get them
    /// @throws IOException if nothing could be renamed, and nothing has changed
    void run(Move renaming) throws IOException {
        Path index = finals.getLast();
        boolean misleading =
                exists(index) && finals.stream().limit(finals.size() - 1L).anyMatch(Replacement::exists);
        if (misleading) {
            renaming.move(index, aside);
        }
        int done = 0;
        try {
            for (; done < finals.size(); done++) {
                renaming.move(files.get(done), finals.get(done));
            }
        } catch (IOException failed) {
            if (done > 0) {
                throw new Unfinished(
                        index,
                        done + " of " + finals.size() + " files are in their places, then: " + failed
                                + "; the others are complete beside them, the last one as "
                                + files.getLast().getFileName());
            }
            if (misleading) {
                renaming.move(aside, index);
            }
            throw failed;
        }
        if (misleading) {
            Files.deleteIfExists(aside);
        }
    }

    private static boolean exists(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }
}
