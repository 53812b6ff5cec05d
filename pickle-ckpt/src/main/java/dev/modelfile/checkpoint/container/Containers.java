package dev.modelfile.checkpoint.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.UnsupportedModelException;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.checkpoint.zip.ZipDirectory;
import dev.modelfile.checkpoint.zip.ZipRecord;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// Chooses the container by content, in the order in which PyTorch does.
public final class Containers {
    private Containers() {}

    /// Whether a zip archive is a checkpoint: it has the pickle of one in a folder, or is an exported program.
    public static boolean isArchive(ZipDirectory directory) {
        for (ZipRecord record : directory.records()) {
            int slash = record.name().indexOf('/');
            if (slash >= 0 && record.name().substring(slash).equalsIgnoreCase("/data.pkl")) {
                return true;
            }
        }
        return ExportArchive.isOne(directory);
    }

    /// Reads a file of any container.
    ///
    /// @throws ModelFormatException if it is broken, refused by the policy, or exceeds a limit
    public static Loaded read(MappedFile file, Session session) throws ModelFormatException {
        return read(file.region(), file, session);
    }

    /// Reads a part of a file that is a checkpoint of its own.
    ///
    /// @throws ModelFormatException if it is broken, refused by the policy, or exceeds a limit
    static Loaded read(Region region, MappedFile file, Session session) throws ModelFormatException {
        return read(region, file, session, false);
    }

    /// Reads a checkpoint inside an archive of another kind.
    ///
    /// @throws ModelFormatException if it is broken, refused by the policy, or exceeds a limit
    static Loaded readInner(Region region, MappedFile file, Session session) throws ModelFormatException {
        return read(region, file, session, true);
    }

    private static Loaded read(Region region, MappedFile file, Session session, boolean inner)
            throws ModelFormatException {
        if (ZipDirectory.isZip(region)) {
            return ZipContainer.read(region, file, session, inner);
        }
        if (TarArchive.isTar(region)) {
            return TarContainer.read(region, file, session);
        }
        if (LegacyContainer.isLegacy(region)) {
            return LegacyContainer.read(region, file, session);
        }
        refuseText(region);
        PickleValue root = session.pickle(region);
        StorageTable table = new StorageTable(
                region,
                (key, declared) -> {
                    throw region.malformed("checkpoint.no-record", "", -1, "a bare pickle has no storages");
                },
                session.budget(),
                false);
        return Loaded.of(CheckpointFile.Container.PICKLE, root, table);
    }

    /// What people really find under a checkpoint's name.
    private static void refuseText(Region region) throws ModelFormatException {
        byte[] head = region.copy("", 0, Math.min(64, region.size()));
        String start =
                new String(head, StandardCharsets.ISO_8859_1).stripLeading().toLowerCase(Locale.ROOT);
        String what = start.startsWith("version https://git-lfs")
                ? "a Git LFS pointer, not the model itself; fetch it with 'git lfs pull'"
                : start.startsWith("<!doctype html") || start.startsWith("<html")
                        ? "an HTML page, probably what a server answered instead of the model"
                        : head.length == 0 ? "an empty file" : "";
        if (!what.isEmpty()) {
            throw new UnsupportedModelException("format.unknown", region.source(), region.place(), -1, what);
        }
    }
}
