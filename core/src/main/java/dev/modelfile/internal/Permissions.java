package dev.modelfile.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/// Who may read and write a file that takes the place of another: those who might before.
final class Permissions {
    private Permissions() {}

    /// Gives a file that is being written the permissions of the one that it will replace, if there is one; its owner
    /// may write in any case.
    static void lend(Path old, Path file) {
        Set<PosixFilePermission> all = of(old);
        if (!all.isEmpty()) {
            all.add(PosixFilePermission.OWNER_WRITE);
            set(file, all);
        }
    }

    /// Gives a file that is complete just those permissions.
    static void give(Path old, Path file) {
        Set<PosixFilePermission> all = of(old);
        if (!all.isEmpty()) {
            set(file, all);
        }
    }

    /// Empty if there is no such file, or no such permissions.
    private static Set<PosixFilePermission> of(Path file) {
        Set<PosixFilePermission> all = EnumSet.noneOf(PosixFilePermission.class);
        try {
            all.addAll(Files.getPosixFilePermissions(file));
        } catch (IOException | UnsupportedOperationException none) {
            all.clear();
        }
        return all;
    }

    private static void set(Path file, Set<PosixFilePermission> all) {
        try {
            Files.setPosixFilePermissions(file, all);
        } catch (IOException | UnsupportedOperationException refused) {
            // The file has the permissions that new files get.
        }
    }
}
