package dev.modelfile;

import dev.modelfile.io.MappedFile;
import dev.modelfile.scan.Finding;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;

/// An open model: metadata, tensors, and the files that it is made of. Immutable and safe for use by many threads until
/// it is closed; afterwards its tensors' bytes are gone, and so is metadata that was too long to be copied out of the
/// file: asking for it throws an [IllegalStateException].
///
/// Opening maps the files and reads their headers, not the tensors. Every format has its own subclass with the rest of
/// what its files say.
public abstract class ModelFile implements AutoCloseable {
    private final Contents contents;

    /// What a format hands over when it has read a model.
    ///
    /// @param format the format
    /// @param path what was opened: a file, an index, or a directory
    /// @param metadata the key-value pairs
    /// @param tensors the tensors, in file order
    /// @param parts all files that were mapped
    /// @param warnings what the reader accepted although the format's specification forbids it
    /// @param arena owns all mappings; closed with the model
    public record Contents(
            ModelFormat format,
            Path path,
            Metadata metadata,
            Tensors tensors,
            List<MappedFile> parts,
            List<Finding> warnings,
            Arena arena) {
        /// @throws NullPointerException if a component is null
        public Contents {
            Objects.requireNonNull(format, "format");
            Objects.requireNonNull(path, "path");
            Objects.requireNonNull(metadata, "metadata");
            Objects.requireNonNull(tensors, "tensors");
            parts = List.copyOf(parts);
            warnings = List.copyOf(warnings);
            Objects.requireNonNull(arena, "arena");
        }
    }

    /// Makes a model from what its format has read.
    protected ModelFile(Contents contents) {
        this.contents = contents;
    }

    /// Opens a model of any installed format, found by content: a file, a shard index, or a directory with one.
    ///
    /// @throws UnsupportedModelException if no format recognises it; the message says what it is instead, where known
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static ModelFile open(Path path) throws IOException {
        return open(path, ReadOptions.defaults());
    }

    /// Opens a model of any installed format with options.
    ///
    /// @throws UnsupportedModelException if no format recognises it
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static ModelFile open(Path path, ReadOptions options) throws IOException {
        return ModelFormats.installed().open(path, options);
    }

    /// The format.
    public final ModelFormat format() {
        return contents.format();
    }

    /// What was opened: a file, an index, or a directory.
    public final Path path() {
        return contents.path();
    }

    /// The key-value pairs.
    public final Metadata metadata() {
        return contents.metadata();
    }

    /// All tensors, in file order.
    public final Tensors tensors() {
        return contents.tensors();
    }

    /// The tensor of a name.
    ///
    /// @throws java.util.NoSuchElementException if there is none; the message names the nearest one
    public final Tensor tensor(String name) {
        return contents.tensors().get(name);
    }

    /// The files that the model is made of: one, or its shards and sidecars.
    public final List<MappedFile> parts() {
        return contents.parts();
    }

    /// What was accepted although the format's specification forbids it.
    public final List<Finding> warnings() {
        return contents.warnings();
    }

    /// The order of bytes in which the files store numbers: little-endian, unless a format that knows both says
    /// otherwise. Tensors are little-endian in any case.
    public ByteOrder byteOrder() {
        return ByteOrder.LITTLE_ENDIAN;
    }

    /// What matters most about the model, as labelled values in the order in which to show them. Formats that know more
    /// than names and numbers of tensors say it here.
    public SequencedMap<String, Value> summary() {
        return new LinkedHashMap<>();
    }

    /// The metadata without what only says how the files are laid out, such as the number of shards: what goes along
    /// into another format.
    public Metadata portableMetadata() {
        return metadata();
    }

    /// What the files hold besides tensors and metadata, such as a graph or code, a line each: what a conversion into
    /// another format leaves behind.
    public List<String> remainder() {
        return List.of();
    }

    /// Unmaps the files. Calling it again has no effect.
    @Override
    public void close() {
        synchronized (contents) {
            if (contents.arena().scope().isAlive()) {
                contents.arena().close();
            }
        }
    }

    @Override
    public String toString() {
        return contents.path() + " (" + contents.format().name() + ", "
                + contents.tensors().size() + " tensors)";
    }
}
