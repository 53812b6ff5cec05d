package dev.modelfile.gguf;

import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.gguf.container.Header;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.gguf.container.StoredArray;
import dev.modelfile.gguf.container.ValueTypes;
import dev.modelfile.gguf.shard.GgufFolder;
import dev.modelfile.scan.Finding;
import dev.modelfile.spi.CarriedMetadata;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.Probe;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The GGUF format. Use [Gguf#FORMAT]; this class is public so that it can be found as a service.
public final class GgufFormat implements ModelFormat {

    /// Makes the format; it has no state.
    public GgufFormat() {}

    @Override
    public String name() {
        return "gguf";
    }

    @Override
    public List<String> extensions() {
        return List.of(".gguf");
    }

    @Override
    public boolean recognises(Probe probe) throws IOException {
        return probe.directory()
                ? GgufFolder.holdsModel(probe.path())
                : probe.head().size() >= 4 && probe.head().i32(0) == Header.MAGIC;
    }

    @Override
    public GgufFile open(Path path, ReadOptions options) throws IOException {
        return ModelReader.read(path, options);
    }

    /// Gives first the verdict of llama.cpp: where its loader stops, if it does. Then everything else.
    @Override
    public List<Finding> validate(Path path, ReadOptions options) throws IOException {
        return Validation.findings(path, options);
    }

    /// Whether ggml has a number for the type; types that it has removed can be carried, not made.
    @Override
    public boolean canStore(DType type) {
        return GgmlType.idOf(type).isPresent();
    }

    /// Whether the rows fill whole blocks of the type.
    @Override
    public boolean canStore(DType type, Shape shape) {
        return canStore(type) && shape.rowElements() % type.blockElements() == 0;
    }

    /// Also knows the names of the block types.
    @Override
    public Optional<DType> typeNamed(String name) {
        return Arrays.stream(GgmlType.values())
                .filter(type -> type.name().equalsIgnoreCase(name))
                .map(DType.class::cast)
                .findFirst()
                .or(() -> ModelFormat.super.typeNamed(name));
    }

    @Override
    public Metadata adapt(Metadata metadata, List<String> dropped) {
        Map<String, Value> named = new LinkedHashMap<>();
        metadata.entries().forEach((key, value) -> {
            if (key.isEmpty() || !Names.isEncodable(key) || Names.encode(key).length > Header.MAX_KEY) {
                dropped.add("metadata \"" + Printable.of(key) + "\": GGUF has keys of 1 to 65535 bytes of UTF-8");
            } else {
                named.put(key, value);
            }
        });
        return CarriedMetadata.store(Metadata.of(named), (key, value) -> storable(value), dropped);
    }

    private static boolean storable(Value value) {
        if (!(value instanceof Value.Array array) || array instanceof StoredArray) {
            return ValueTypes.id(value.type()) >= 0;
        }
        boolean known = ValueTypes.id(array.elementType()) >= 0;
        for (long i = 0; known && array.elementType() == Value.Type.ARRAY && i < array.size(); i++) {
            known = storable(array.get(i));
        }
        return known;
    }

    @Override
    public int maxRank() {
        return Header.MAX_DIMS;
    }

    /// Not those that hold half of a surrogate pair, unless it stands for a byte that is not UTF-8.
    @Override
    public boolean canName(String name) {
        return Names.isEncodable(name);
    }

    @Override
    public int maxNameBytes() {
        return Header.MAX_NAME - 1;
    }

    @Override
    public WritePlan plan(Path target, Metadata metadata, List<TensorSource> tensors, WriteOptions options) {
        return new Planner(target, metadata, options, null).plan(tensors);
    }

    /// Keeps the byte order and the version of the model where the options do not ask for others.
    @Override
    public WritePlan rewrite(
            ModelFile model, Path target, Metadata metadata, List<TensorSource> tensors, WriteOptions options) {
        return new Planner(target, metadata, options, (GgufFile) model).plan(tensors);
    }

    @Override
    public boolean rewriteHeader(ModelFile model, Metadata metadata, UnaryOperator<String> renaming)
            throws IOException {
        return HeaderEdit.apply((GgufFile) model, metadata, renaming);
    }

    @Override
    public boolean restoreHeader(Path file) throws IOException {
        return HeaderEdit.restore(file);
    }
}
