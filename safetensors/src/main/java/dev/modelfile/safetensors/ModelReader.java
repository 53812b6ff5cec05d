package dev.modelfile.safetensors;

import dev.modelfile.MalformedModelException;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.Tensors;
import dev.modelfile.Value;
import dev.modelfile.io.MappedFile;
import dev.modelfile.safetensors.header.Header;
import dev.modelfile.safetensors.header.HeaderEntry;
import dev.modelfile.safetensors.header.HeaderReader;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import dev.modelfile.shard.ShardIndex;
import dev.modelfile.shard.ShardSet;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads one file or all files of an index into a model.
final class ModelReader {
    /// Shards are checked one by one; a checkpoint of thousands of broken ones must not fill the heap with remarks.
    private static final int MAX_FINDINGS = 5000;

    private final ReadOptions options;
    private final Arena arena;
    private final List<SafetensorsFile.Shard> shards = new ArrayList<>();
    private final List<MappedFile> parts = new ArrayList<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private final Map<String, Value> metadata = new LinkedHashMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private long heap;

    private ModelReader(ReadOptions options, Arena arena) {
        this.options = options;
        this.arena = arena;
    }

    static SafetensorsFile read(Path path, ReadOptions options) throws IOException {
        Path file = Checkpoints.fileOf(path);
        Arena arena = Arena.ofShared();
        try {
            ModelReader reader = new ModelReader(options, arena);
            if (!Checkpoints.isIndex(file)) {
                reader.shard(file);
                return reader.model(path, null);
            }
            ShardIndex index = ShardIndex.read(Safetensors.FORMAT.name(), file, options.limits());
            reader.shards(index);
            return reader.model(path, index);
        } catch (Throwable failure) {
            arena.close();
            throw failure;
        }
    }

    private SafetensorsFile model(Path path, @Nullable ShardIndex index) {
        return new SafetensorsFile(
                new ModelFile.Contents(
                        Safetensors.FORMAT, path, Metadata.of(metadata), Tensors.of(tensors), parts, findings, arena),
                shards,
                index);
    }

    private void shards(ShardIndex index) throws IOException {
        heap = index.heap();
        Set<String> seen = new HashSet<>();
        long bytes = 0;
        for (Map.Entry<String, Path> shard : ShardSet.locate(index, options).entrySet()) {
            int first = tensors.size();
            shard(shard.getValue());
            Set<String> names = new HashSet<>();
            for (Tensor tensor : tensors.subList(first, tensors.size())) {
                names.add(tensor.name());
                bytes += tensor.byteSize();
                if (!seen.add(tensor.name())) {
                    throw new MalformedModelException(
                            "safetensors.index-disagrees",
                            index.path().toString(),
                            "shard \"" + Printable.of(shard.getKey()) + "\"",
                            -1,
                            "tensor \"" + Printable.of(tensor.name()) + "\" is in several shards");
                }
            }
            note(ShardSet.compare(index, shard.getKey(), names, options));
        }
        note(ShardSet.complete(index, seen, bytes));
    }

    private void shard(Path path) throws IOException {
        MappedFile file = MappedFile.open(path, arena);
        Header header = header(file);
        heap += header.heap();
        parts.add(file);
        shards.add(new SafetensorsFile.Shard(file, header.length()));
        note(header.findings());
        for (HeaderEntry entry : header.entries()) {
            tensors.add(new Tensor(
                    entry.name(),
                    entry.dtype(),
                    Shape.ofUnsigned(entry.dims()),
                    TensorData.of(file, header.dataOffset() + entry.begin(), entry.end() - entry.begin())));
        }
        header.metadata().forEach((key, value) -> {
            Value earlier = metadata.putIfAbsent(key, value);
            if (earlier != null && !earlier.equals(value)) {
                note(List.of(new Finding(
                        "safetensors.metadata-disagrees",
                        Severity.WARNING,
                        Header.METADATA + "." + Printable.of(key),
                        -1,
                        path + " has another value than the shards before it; the first counts")));
            }
        });
    }

    /// Keeps findings up to a bound over all shards; the last one kept says that there are more.
    private void note(List<Finding> more) {
        for (Finding finding : more) {
            if (findings.size() < MAX_FINDINGS) {
                findings.add(finding);
            } else if (findings.size() == MAX_FINDINGS) {
                findings.add(new Finding(
                        "safetensors.more", Severity.WARNING, "", -1, "more findings of other shards are left out"));
            }
        }
    }

    private Header header(MappedFile file) throws IOException {
        try {
            ReadLimits limits = options.limits();
            return HeaderReader.read(
                    file.region(),
                    // The limits are those of the whole model.
                    options.withLimits(limits.withMaxHeapBytes(Math.max(0, limits.maxHeapBytes() - heap))
                            .withMaxTensors(limits.maxTensors() - tensors.size())));
        } catch (MalformedModelException broken) {
            Path backup = HeaderEdit.backup(file.path().toRealPath());
            if (!Files.exists(backup)) {
                throw broken;
            }
            throw new MalformedModelException(
                    "safetensors.interrupted-edit",
                    file.path().toString(),
                    "header",
                    0,
                    "an edit was interrupted; the old header is in " + backup + ", 'edit --restore' puts it back");
        }
    }
}
