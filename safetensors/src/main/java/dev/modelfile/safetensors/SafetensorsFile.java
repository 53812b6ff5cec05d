package dev.modelfile.safetensors;

import dev.modelfile.ModelFile;
import dev.modelfile.io.MappedFile;
import dev.modelfile.safetensors.header.Header;
import dev.modelfile.shard.ShardIndex;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An open Safetensors model of one or several files.
public final class SafetensorsFile extends ModelFile {
    private final List<Shard> shards;
    private final @Nullable ShardIndex index;

    /// One file with its header.
    ///
    /// @param file the mapped file
    /// @param headerLength bytes of the JSON text with its padding
    public record Shard(MappedFile file, long headerLength) {
        /// Where the data section begins: 8 bytes of length and the header come first.
        public long dataOffset() {
            return Header.PREFIX + headerLength;
        }
    }

    SafetensorsFile(Contents contents, List<Shard> shards, @Nullable ShardIndex index) {
        super(contents);
        this.shards = List.copyOf(shards);
        this.index = index;
    }

    /// The files: one, or the shards in the order of their names.
    public List<Shard> shards() {
        return shards;
    }

    /// The index of a sharded checkpoint; empty for a single file.
    public Optional<Path> indexPath() {
        return Optional.ofNullable(index).map(ShardIndex::path);
    }
}
