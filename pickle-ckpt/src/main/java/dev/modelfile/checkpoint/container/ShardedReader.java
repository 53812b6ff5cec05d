package dev.modelfile.checkpoint.container;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.torch.StateDict;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import dev.modelfile.shard.ShardIndex;
import dev.modelfile.shard.ShardSet;
import dev.modelfile.spi.Printable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads all files of an index such as `pytorch_model.bin.index.json` into one model.
public final class ShardedReader {
    private static final String FORMAT = "checkpoint";

    private final ShardIndex index;
    private final Arena arena;
    private final Session session;
    private final List<MappedFile> parts = new ArrayList<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private final Map<String, Value> metadata = new LinkedHashMap<>();
    private final Map<String, PickleValue> roots = new LinkedHashMap<>();
    private final List<Loaded.Graph> graphs = new ArrayList<>();
    private final Set<String> seen = new HashSet<>();

    private ShardedReader(ShardIndex index, Arena arena, Session session) {
        this.index = index;
        this.arena = arena;
        this.session = session;
    }

    /// Reads the files of an index.
    ///
    /// @throws IOException if the index or a file is broken, missing or outside of its folder, or they contradict
    public static ShardedReader read(Path path, Arena arena, Session session) throws IOException {
        ShardIndex index = ShardIndex.read(FORMAT, path, session.options().limits());
        ShardedReader reader = new ShardedReader(index, arena, session);
        session.budget().heap(index.heap(), Region.of(MemorySegment.NULL, path.toString()), -1);
        long bytes = 0;
        for (Map.Entry<String, Path> shard :
                ShardSet.locate(index, session.options()).entrySet()) {
            bytes += reader.shard(shard.getKey(), shard.getValue());
        }
        session.findings().addAll(ShardSet.complete(index, reader.seen, bytes));
        return reader;
    }

    /// The files that an index names.
    ///
    /// @throws IOException if the index is broken, or a file is missing or outside of its folder
    public static Collection<Path> files(Path path, ReadOptions options) throws IOException {
        return ShardSet.locate(ShardIndex.read(FORMAT, path, options.limits()), options)
                .values();
    }

    private long shard(String name, Path path) throws IOException {
        MappedFile file = MappedFile.open(path, arena);
        parts.add(file);
        Loaded loaded = Containers.read(file, session);
        StateDict dict = loaded.stateDict(session);
        Set<String> names = new HashSet<>();
        long bytes = 0;
        for (Tensor tensor : dict.tensors()) {
            names.add(tensor.name());
            bytes += tensor.byteSize();
            if (!seen.add(tensor.name())) {
                throw new MalformedModelException(
                        "checkpoint.index-disagrees",
                        index.path().toString(),
                        "shard \"" + Printable.of(name) + "\"",
                        -1,
                        "tensor \"" + Printable.of(tensor.name()) + "\" is in several shards");
            }
        }
        tensors.addAll(dict.tensors());
        if (tensors.size() > session.options().limits().maxTensors()) {
            throw new LimitExceededException(
                    "maxTensors", index.path().toString(), "shard index", -1, "more tensors than that in all shards");
        }
        session.findings().addAll(ShardSet.compare(index, name, names, session.options()));
        dict.metadata().forEach((key, value) -> merge(path, key, value));
        roots.put(name, loaded.root());
        graphs.addAll(loaded.graphs());
        return bytes;
    }

    private void merge(Path path, String key, Value value) {
        Value earlier = metadata.putIfAbsent(key, value);
        if (earlier != null && !earlier.equals(value)) {
            session.findings()
                    .add(new Finding(
                            "checkpoint.metadata-disagrees",
                            Severity.WARNING,
                            Printable.of(key),
                            -1,
                            path + " has another value than the shards before it; the first counts"));
        }
    }

    /// What all files hold.
    public Loaded loaded() {
        return new Loaded(CheckpointFile.Container.SHARDED, DictNode.of(roots), graphs);
    }

    /// The tensors of all files in the order of the files' names.
    public List<Tensor> tensors() {
        return tensors;
    }

    /// The plain values of all files; of those with one name the first.
    public Map<String, Value> metadata() {
        return metadata;
    }

    /// The files.
    public List<MappedFile> parts() {
        return parts;
    }
}
