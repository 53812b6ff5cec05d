package dev.modelfile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/// A change of a model's metadata and tensor names that leaves the tensors' bytes alone. Where the new header fits the
/// room of the old one, only the header is written; otherwise the whole model is streamed into a new file that then
/// takes the old one's place.
///
/// Not safe for use by several threads.
public final class ModelEdit {
    private final Map<String, Value> set = new LinkedHashMap<>();
    private final List<String> removed = new ArrayList<>();
    private final Map<String, String> keys = new LinkedHashMap<>();
    private final Map<String, String> tensors = new LinkedHashMap<>();

    private ModelFormats formats = ModelFormats.installed();

    private ModelEdit() {}

    /// An edit that changes nothing yet.
    public static ModelEdit create() {
        return new ModelEdit();
    }

    /// Sets a metadata value; a key that exists keeps its place.
    public ModelEdit set(String key, Value value) {
        set.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value"));
        return this;
    }

    /// Sets a metadata string.
    public ModelEdit set(String key, String value) {
        return set(key, Value.of(value));
    }

    /// Removes a metadata key, which must exist.
    public ModelEdit remove(String key) {
        removed.add(Objects.requireNonNull(key, "key"));
        return this;
    }

    /// Gives a metadata key, which must exist, another name; it keeps its place and value.
    public ModelEdit renameKey(String key, String newKey) {
        keys.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(newKey, "newKey"));
        return this;
    }

    /// Gives a tensor, which must exist, another name.
    public ModelEdit renameTensor(String name, String newName) {
        tensors.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(newName, "newName"));
        return this;
    }

    /// Sets the formats that the model may have; the last call counts.
    public ModelEdit formats(ModelFormats among) {
        formats = Objects.requireNonNull(among, "among");
        return this;
    }

    /// The metadata as it will be: first removed, then renamed, then set.
    ///
    /// @throws java.util.NoSuchElementException if a key to remove or rename does not exist
    /// @throws IllegalArgumentException if a renamed key would hide another
    public Metadata apply(Metadata metadata) {
        removed.forEach(metadata::get);
        keys.keySet().forEach(metadata::get);
        SequencedMap<String, Value> result = new LinkedHashMap<>();
        metadata.entries().forEach((key, value) -> {
            if (!removed.contains(key)) {
                String newKey = keys.getOrDefault(key, key);
                if (result.putIfAbsent(newKey, value) != null) {
                    throw new IllegalArgumentException("there would be two metadata keys \"" + newKey + "\"");
                }
            }
        });
        result.putAll(set);
        return Metadata.of(result);
    }

    /// The name of a tensor as it will be.
    public String rename(String name) {
        return tensors.getOrDefault(name, name);
    }

    /// Changes a model.
    ///
    /// @param path the model, of any installed format that can be written
    /// @param options for the case that it has to be rewritten; overwriting is implied
    /// @return true if only the header was written, false if the whole model was
    /// @throws java.util.NoSuchElementException if a key or tensor does not exist
    /// @throws IllegalArgumentException if names would collide, or the format cannot hold a value
    /// @throws IOException if reading or writing fails; the model is as it was then, unless writing its header in place
    ///     failed half-way: the old header is kept beside it then, see [ModelFormat#restoreHeader]
    public boolean apply(Path path, WriteOptions options) throws IOException {
        ModelFormat format = formats.detect(path);
        try (ModelFile model = format.open(path, ReadOptions.defaults())) {
            tensors.keySet().forEach(model::tensor);
            Metadata metadata = apply(model.metadata());
            if (format.rewriteHeader(model, metadata, this::rename)) {
                return true;
            }
            Path file = model.parts().get(0).path();
            if (model.parts().size() != 1 && !Files.isSameFile(file, model.path())) {
                throw new IllegalArgumentException(path + " is made of "
                        + model.parts().size() + " files, which are not rewritten for an edit; merge them first");
            }
            ModelWriter writer = ModelWriter.of(format).from(model).options(options.withOverwrite(true));
            writer.metadata(metadata);
            for (Tensor tensor : model.tensors()) {
                writer.add(tensor.named(rename(tensor.name())));
            }
            writer.write(file.toRealPath());
            return false;
        }
    }
}
