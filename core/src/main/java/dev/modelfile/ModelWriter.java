package dev.modelfile;

import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Collects the description of a model, then writes it: all sizes and offsets first, the tensors one after the other.
/// Nothing of a tensor's size is held in memory. The files appear under their names only when they are complete.
///
/// Not safe for use by several threads.
public final class ModelWriter {
    private final ModelFormat format;
    private final Map<String, Value> metadata = new LinkedHashMap<>();
    private final List<TensorSource> tensors = new ArrayList<>();
    private WriteOptions options = WriteOptions.defaults();
    private Progress progress = Progress.NONE;
    private @Nullable ModelFile base;

    private ModelWriter(ModelFormat format) {
        this.format = format;
    }

    /// A writer for a format.
    public static ModelWriter of(ModelFormat format) {
        return new ModelWriter(Objects.requireNonNull(format, "format"));
    }

    /// Sets a metadata string.
    public ModelWriter metadata(String key, String value) {
        return metadata(key, Value.of(value));
    }

    /// Sets a metadata value.
    public ModelWriter metadata(String key, Value value) {
        metadata.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value"));
        return this;
    }

    /// Sets all entries of some metadata.
    public ModelWriter metadata(Metadata entries) {
        metadata.putAll(entries.entries());
        return this;
    }

    /// Adds a tensor behind those added before. A format may store them in another order.
    public ModelWriter add(TensorSource tensor) {
        tensors.add(Objects.requireNonNull(tensor, "tensor"));
        return this;
    }

    /// Adds tensors, for instance all of an open model.
    public ModelWriter addAll(Iterable<? extends TensorSource> sources) {
        sources.forEach(this::add);
        return this;
    }

    /// Sets the options; the last call counts.
    public ModelWriter options(WriteOptions newOptions) {
        options = Objects.requireNonNull(newOptions, "options");
        return this;
    }

    /// Sets who is told about progress; the last call counts.
    public ModelWriter onProgress(Progress listener) {
        progress = Objects.requireNonNull(listener, "listener");
        return this;
    }

    /// Makes the new file a changed copy of a model, see [ModelFormat#rewrite]; of no effect if it has another format.
    ModelWriter from(ModelFile model) {
        base = model.format().name().equals(format.name()) ? model : null;
        return this;
    }

    /// Lays the files out without writing anything.
    ///
    /// @throws IllegalArgumentException if the format cannot hold something: the message names it and the way out
    public WritePlan plan(Path target) {
        return base == null
                ? format.plan(target, Metadata.of(metadata), List.copyOf(tensors), options)
                : format.rewrite(base, target, Metadata.of(metadata), List.copyOf(tensors), options);
    }

    /// Writes the model. On failure nothing is left behind, and files that were there before are untouched.
    ///
    /// @return the files written, the one to open first
    /// @throws java.nio.file.FileAlreadyExistsException if a file exists and overwriting was not asked for
    /// @throws IllegalArgumentException if the format cannot hold something: the message names it and the way out
    /// @throws IOException if reading a source or writing fails, or a source writes more or less than it announced
    public List<Path> write(Path target) throws IOException {
        return plan(target).write(target, options, progress);
    }
}
