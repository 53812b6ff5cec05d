package dev.modelfile.gguf;

import dev.modelfile.MalformedModelException;
import dev.modelfile.Metadata;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.gguf.container.Header;
import dev.modelfile.gguf.container.HeaderWriter;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.gguf.container.Room;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.gguf.container.TensorInfo;
import dev.modelfile.gguf.shard.GgufFolder;
import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.Structure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Writes a new header over the old one when the data section can stay where it is. Version and byte order are kept.
/// The old header is kept in a file beside the model until the new one is on the disk.
final class HeaderEdit {
    /// The header, its padding and room are held in memory twice; a header that is larger is written anew.
    private static final long LARGEST = 1L << 28;

    private HeaderEdit() {}

    /// @throws IllegalArgumentException if the model has several files and its first header does not fit: the keys of
    ///     all are in there, and what would be written anew is one file
    static boolean apply(GgufFile model, Metadata metadata, UnaryOperator<String> renaming) throws IOException {
        boolean done = inPlace(model, metadata, renaming);
        if (!done && model.parts().size() > 1) {
            throw new IllegalArgumentException(model.parts().get(0).path() + " is the first of "
                    + model.parts().size()
                    + " files, and the new header does not fit the room of the old one; merge them first");
        }
        return done;
    }

    private static boolean inPlace(GgufFile model, Metadata metadata, UnaryOperator<String> renaming)
            throws IOException {
        Header old = model.first();
        boolean movesData = alignmentOf(metadata) != old.alignment() || old.dataOffset() > LARGEST;
        if (old.base() != 0 || old.tensors().isEmpty() || movesData) {
            return false;
        }
        metadata.keys().forEach(Planner::checkKey);
        List<HeaderWriter.Item> items = items(model, old, renaming);
        byte[] header = fitted(old, metadata, items);
        if (header == null) {
            return false;
        }
        replace(model.parts().get(0), old, header);
        return true;
    }

    private static long alignmentOf(Metadata metadata) {
        Value value = metadata.entries().get(Header.ALIGNMENT);
        return value == null ? Header.DEFAULT_ALIGNMENT : value instanceof Value.Int number ? number.bits() : -1;
    }

    /// The infos of the first file. Those of other shards stay as they are.
    private static List<HeaderWriter.Item> items(GgufFile model, Header old, UnaryOperator<String> renaming) {
        List<HeaderWriter.Item> items = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < model.tensors().size(); i++) {
            Tensor tensor = model.tensors().get(i);
            boolean first = i < old.tensors().size();
            String name = renaming.apply(tensor.name());
            if (!name.equals(tensor.name())) {
                Planner.checkName(name);
                if (!first) {
                    throw new IllegalArgumentException("tensor \"" + Names.shown(tensor.name())
                            + "\" is not in the first shard; merge them first");
                }
            }
            if (!names.add(Names.cut(name))) {
                throw new IllegalArgumentException("two tensors would be named \"" + Names.shown(name) + "\"");
            }
            if (first) {
                TensorInfo info = old.tensors().get(i);
                items.add(new HeaderWriter.Item(name, tensor.shape(), info.typeId(), info.offset()));
            }
        }
        return items;
    }

    /// A header whose data section begins where the old one's does, or null if there is none. Room that the file has is
    /// used, and room is made where the header got shorter by more than padding can fill.
    private static byte @Nullable [] fitted(Header old, Metadata metadata, List<HeaderWriter.Item> items) {
        LinkedHashMap<String, Value> entries = new LinkedHashMap<>(metadata.entries());
        // Made of what the entries are at the time.
        Structure header = HeaderWriter.header(old.version(), old.encoding(), entries, items);
        if (Header.align(header.count(), old.alignment()) == old.dataOffset()) {
            return header.bytes();
        }
        entries.remove(Room.KEY);
        long gap = old.dataOffset() - header.count();
        if (gap >= 0 && gap < old.alignment()) {
            return header.bytes();
        }
        long room = gap - Room.overhead(old.encoding());
        if (room < 0 || room > Integer.MAX_VALUE / 2) {
            return null;
        }
        entries.put(Room.KEY, Room.of((int) room));
        return header.bytes();
    }

    private static void replace(MappedFile mapped, Header old, byte[] header) throws IOException {
        // The link stays a link: what it leads to is changed.
        Path file = mapped.path().toRealPath();
        Path backup = backup(file);
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(old.dataOffset()));
        bytes.put(header).rewind();
        if (Files.exists(backup)) {
            // A header that is half old and half new may well open.
            throw new MalformedModelException(
                    Rules.INTERRUPTED_EDIT,
                    file.toString(),
                    "header",
                    0,
                    interrupted(backup) + "; if the header is as it should be, delete that file");
        }
        try (FileChannel kept = FileChannel.open(backup, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            write(kept, mapped.bytes().asSlice(0, old.dataOffset()).asByteBuffer());
        }
        syncFolder(backup);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            write(channel, bytes);
        }
        Files.delete(backup);
    }

    /// Says what a backup means that is still there.
    static String interrupted(Path backup) {
        return "an edit was interrupted; the old header is in " + backup + ", 'edit --restore' puts it back";
    }

    /// Where the old header is kept while the new one is written.
    static Path backup(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".header-backup");
    }

    /// Puts the old header back.
    static boolean restore(Path path) throws IOException {
        if (Files.isDirectory(path) && !GgufFolder.holdsModel(path)) {
            return false;
        }
        Path file = GgufFolder.fileOf(path).toRealPath();
        Path backup = backup(file);
        if (!Files.exists(backup)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            write(channel, ByteBuffer.wrap(Files.readAllBytes(backup)));
        }
        Files.delete(backup);
        return true;
    }

    /// Makes the name of the backup durable before the header changes; not every system can open a folder.
    private static void syncFolder(Path backup) {
        try (FileChannel channel = FileChannel.open(backup.resolveSibling("."), StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException unsupported) {
            // The backup is in place; only its durability after a power cut is up to the system.
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        long at = 0;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
        channel.force(true);
    }
}
