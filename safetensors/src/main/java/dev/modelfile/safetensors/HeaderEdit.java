package dev.modelfile.safetensors;

import dev.modelfile.Metadata;
import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Segments;
import dev.modelfile.safetensors.header.Header;
import dev.modelfile.safetensors.header.HeaderWriter;
import dev.modelfile.spi.Structure;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Writes a new header over the old one when it fits, so that the data stays where it is. The old header is kept in a
/// file beside the model until the new one is on the disk.
final class HeaderEdit {
    private HeaderEdit() {}

    static boolean apply(SafetensorsFile model, Metadata metadata, UnaryOperator<String> renaming) throws IOException {
        if (model.indexPath().isPresent()) {
            throw new IllegalArgumentException(
                    "the headers of a sharded checkpoint are not changed in place; merge it, or edit its shards");
        }
        SafetensorsFile.Shard shard = model.shards().get(0);
        Structure json = HeaderWriter.json(Planner.texts(metadata), items(model, shard, renaming));
        long jsonBytes = json.count();
        if (jsonBytes > shard.headerLength()) {
            return false;
        }
        // Long values stand in the old header, so the new one has to be complete before that is written over.
        replace(shard, HeaderWriter.header(json, jsonBytes, shard.dataOffset()).bytes());
        return true;
    }

    private static List<HeaderWriter.Item> items(
            SafetensorsFile model, SafetensorsFile.Shard shard, UnaryOperator<String> renaming) {
        List<HeaderWriter.Item> items = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Tensor tensor : model.tensors()) {
            String name = renaming.apply(tensor.name());
            if (name.equals(Header.METADATA) || !names.add(name)) {
                throw new IllegalArgumentException("the name \"" + name + "\" is reserved or there twice");
            }
            long begin = tensor.offset().orElseThrow() - shard.dataOffset();
            items.add(new HeaderWriter.Item(
                    name, (ScalarType) tensor.dtype(), tensor.shape(), begin, begin + tensor.byteSize()));
        }
        return items;
    }

    private static void replace(SafetensorsFile.Shard shard, byte[] header) throws IOException {
        // The link stays a link: what it leads to is changed.
        Path file = shard.file().path().toRealPath();
        Path backup = backup(file);
        // The model opens, so whatever an interrupted edit has left is not needed any more.
        Files.deleteIfExists(backup);
        try (FileChannel old = FileChannel.open(backup, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            write(old, shard.file().bytes().asSlice(0, shard.dataOffset()).asByteBuffer());
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            write(channel, ByteBuffer.wrap(header));
        }
        Files.delete(backup);
    }

    /// Where the old header is kept while the new one is written.
    static Path backup(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".header-backup");
    }

    /// See [Safetensors#restoreHeader].
    static boolean restore(Path path) throws IOException {
        Path file = path.toRealPath();
        Path backup = backup(file);
        if (!Files.exists(backup)) {
            return false;
        }
        byte[] header = Files.readAllBytes(backup);
        check(file, backup, header);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            write(channel, ByteBuffer.wrap(header));
        }
        Files.delete(backup);
        return true;
    }

    /// An edit in place keeps the length of the header, and a header fits the data behind it: what does not is of
    /// another file that had this name.
    private static void check(Path file, Path backup, byte[] header) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MappedFile model = MappedFile.open(file, arena);
            MemorySegment restored = MemorySegment.ofArray(header);
            if (header.length < Header.PREFIX
                    || header.length > model.size()
                    || restored.get(Segments.LE_I64, 0) != header.length - Header.PREFIX
                    || restored.asSlice(0, Header.PREFIX).mismatch(model.bytes().asSlice(0, Header.PREFIX)) >= 0) {
                throw new IOException(backup + " is not the old header of " + file + "; nothing was changed");
            }
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
