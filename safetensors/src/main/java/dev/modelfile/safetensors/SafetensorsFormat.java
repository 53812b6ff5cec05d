package dev.modelfile.safetensors;

import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.safetensors.header.Dtypes;
import dev.modelfile.safetensors.header.Header;
import dev.modelfile.scan.Finding;
import dev.modelfile.spi.CarriedMetadata;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.Probe;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// The Safetensors format. Use [Safetensors#FORMAT]; this class is public so that it can be found as a service.
public final class SafetensorsFormat implements ModelFormat {

    /// Makes the format; it has no state.
    public SafetensorsFormat() {}

    @Override
    public String name() {
        return "safetensors";
    }

    @Override
    public List<String> extensions() {
        return List.of(".safetensors", ".safetensors.index.json");
    }

    @Override
    public boolean recognises(Probe probe) throws IOException {
        if (probe.directory()) {
            return !Checkpoints.candidates(probe.path()).isEmpty();
        }
        if (Checkpoints.isIndex(probe.path())) {
            return true;
        }
        if (probe.head().size() < Header.PREFIX + 2) {
            return false;
        }
        long length = probe.head().i64(0);
        return length >= 2 && length <= Header.MAX_LENGTH && startsObject(probe);
    }

    /// Whether the text begins with a brace, after white space that the reference tolerates.
    private static boolean startsObject(Probe probe) throws IOException {
        for (long at = Header.PREFIX; at < probe.head().size(); at++) {
            int b = probe.head().u8(at);
            if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
                return b == '{';
            }
        }
        return false;
    }

    @Override
    public SafetensorsFile open(Path path, ReadOptions options) throws IOException {
        return ModelReader.read(path, options);
    }

    @Override
    public List<Finding> validate(Path path, ReadOptions options) throws IOException {
        try (SafetensorsFile file = ModelReader.read(path, options.withStrict(false))) {
            return Validation.findings(file);
        } catch (ModelFormatException broken) {
            return List.of(Finding.of(broken));
        }
    }

    @Override
    public boolean canStore(DType type) {
        return type instanceof ScalarType scalar && Dtypes.rank(scalar) >= 0;
    }

    /// The elements have to fill whole bytes.
    @Override
    public boolean canStore(DType type, Shape shape) {
        return canStore(type) && shape.elements() % type.blockElements() == 0;
    }

    @Override
    public boolean canName(String name) {
        return !name.equals(Header.METADATA) && isText(name);
    }

    /// Whether a name can be written as UTF-8. Names of other formats may hold half of a surrogate pair.
    private static boolean isText(String name) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(name);
    }

    @Override
    public Metadata adapt(Metadata metadata, List<String> dropped) {
        Map<String, Value> named = new LinkedHashMap<>();
        metadata.entries().forEach((key, value) -> {
            if (isText(key)) {
                named.put(key, value);
            } else {
                dropped.add("metadata \"" + Printable.of(key) + "\": keys are UTF-8");
            }
        });
        return CarriedMetadata.store(
                Metadata.of(named),
                (key, value) -> value instanceof Value.Text && CarriedMetadata.isPlain(value),
                dropped);
    }

    @Override
    public WritePlan plan(Path target, Metadata metadata, List<TensorSource> tensors, WriteOptions options) {
        return new Planner(target, metadata, options).plan(tensors);
    }

    @Override
    public boolean rewriteHeader(ModelFile model, Metadata metadata, UnaryOperator<String> renaming)
            throws IOException {
        return HeaderEdit.apply((SafetensorsFile) model, metadata, renaming);
    }

    @Override
    public boolean restoreHeader(Path file) throws IOException {
        return HeaderEdit.restore(file);
    }
}
