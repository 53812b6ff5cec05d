package dev.modelfile.onnx;

import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ReadOptions;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.tensor.DataType;
import dev.modelfile.scan.Finding;
import dev.modelfile.spi.CarriedMetadata;
import dev.modelfile.spi.Probe;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The ONNX format. Use [Onnx#FORMAT]; this class is public so that it can be found as a service.
public final class OnnxFormat implements ModelFormat {

    /// Makes the format; it has no state.
    public OnnxFormat() {}

    @Override
    public String name() {
        return "onnx";
    }

    @Override
    public List<String> extensions() {
        return List.of(".onnx");
    }

    /// There is no magic number: the first fields have to be those of a `ModelProto`. A folder is one if it has such
    /// files and nothing that another format takes a folder for.
    @Override
    public boolean recognises(Probe probe) throws IOException {
        return probe.directory() ? OnnxFolder.holdsModel(probe.path()) : Recognition.looksLikeModel(probe);
    }

    @Override
    public OnnxFile open(Path path, ReadOptions options) throws IOException {
        return ModelReader.read(path, options);
    }

    @Override
    public List<Finding> validate(Path path, ReadOptions options) throws IOException {
        return Validation.findings(path, options);
    }

    @Override
    public boolean canStore(DType type) {
        return DataType.idOf(type) != 0;
    }

    @Override
    public boolean canName(String name) {
        return !name.isEmpty();
    }

    @Override
    public Metadata adapt(Metadata metadata, List<String> dropped) {
        return CarriedMetadata.store(
                metadata,
                (key, value) -> value instanceof Value.Text && CarriedMetadata.isPlain(value)
                        || Properties.isReserved(key) && value instanceof Value.Int,
                dropped);
    }

    /// Makes a model that has initializers and no nodes, or changes none of an existing one, see [#rewrite].
    @Override
    public WritePlan plan(Path target, Metadata metadata, List<TensorSource> tensors, WriteOptions options) {
        return new Planner(target, metadata, options).plan(tensors);
    }

    @Override
    public WritePlan rewrite(
            ModelFile model, Path target, Metadata metadata, List<TensorSource> tensors, WriteOptions options) {
        return Rewrite.plan((OnnxFile) model, target, metadata, tensors, options);
    }
}
