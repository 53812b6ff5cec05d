package dev.modelfile.internal;

import dev.modelfile.Progress;
import dev.modelfile.WriteOptions;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// Carries out a plan: every file is written beside its place under a temporary name, forced to the disk, and renamed
/// when all are complete.
public final class PlanExecutor {
    private PlanExecutor() {}

    /// Writes the files of a plan into the folder of `target`.
    ///
    /// @return the files in the plan's order, the last one first if there are several: it is the index
    public static List<Path> write(WritePlan plan, Path target, WriteOptions options, Progress progress)
            throws IOException {
        Path folder = folderOf(target);
        List<Path> finals = new ArrayList<>();
        for (WritePlan.File file : plan.files()) {
            Path path = folder.resolve(file.name());
            if (!options.overwrite() && Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(path.toString(), null, "it exists; overwriting was not asked for");
            }
            // Renaming onto a pipe or a device would take its place.
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                throw new FileSystemException(path.toString(), null, "it is no regular file and is not replaced");
            }
            finals.add(path);
        }
        StaleFiles.delete(finals);
        checkSpace(folder, plan.totalBytes());
        Meter meter = new Meter(progress, plan.totalBytes());
        try (TemporaryFiles temporary = new TemporaryFiles()) {
            for (int i = 0; i < finals.size(); i++) {
                FileChannel channel = temporary.create(finals.get(i));
                writeFile(plan.files().get(i), finals.get(i), channel, options.sync(), meter);
                temporary.complete(channel);
            }
            temporary.commit(finals, options.overwrite());
            if (options.sync()) {
                syncFolder(folder);
            }
        }
        return finals.size() > 1 ? finals.reversed() : finals;
    }

    private static Path folderOf(Path target) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new NoSuchFileException(String.valueOf(folder), null, "the folder to write into does not exist");
        }
        return folder;
    }

    private static void checkSpace(Path folder, long needed) throws IOException {
        FileStore store = Files.getFileStore(folder);
        long usable = store.getUsableSpace();
        // Some file systems report 0 for "unknown".
        if (usable > 0 && usable < needed) {
            throw new IOException(folder + ": " + needed + " bytes needed vs " + usable + " bytes free on the disk");
        }
    }

    private static void writeFile(WritePlan.File file, Path target, FileChannel channel, boolean sync, Meter meter)
            throws IOException {
        try (FileSink sink = new FileSink(channel, target, meter)) {
            for (WritePlan.Section section : file.sections()) {
                meter.tensor(section.tensor());
                sink.begin(section.offset(), section.length(), section.toString());
                Mappings.whileMapped(section.toString(), () -> section.content().writeTo(sink));
                sink.end();
            }
            sink.finish(file.size(), sync);
        }
    }

    /// Makes the renames durable; not every system can open a folder.
    private static void syncFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException unsupported) {
            // The names are in place; only their durability after a power cut is up to the system.
        }
    }
}
