package dev.modelfile.checkpoint.container;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.checkpoint.torch.Rebuilt;
import dev.modelfile.checkpoint.torch.StateDict;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A folder of `torch.distributed.checkpoint`: `.metadata` is a pickle that says where the pieces are, each of which is
/// a complete `torch.save` archive inside a `.distcp` file.
public final class DistributedReader {
    /// The file that makes a folder a distributed checkpoint.
    public static final String METADATA = ".metadata";

    private final Session session;
    private final Arena arena;
    private final SidecarFolder folder;
    private final MappedFile metadata;
    private final Region place;
    private final Loaded loaded;
    private final StateDict names;
    private final Map<String, MappedFile> files = new LinkedHashMap<>();
    private final Map<String, List<Piece>> pieces = new HashMap<>();

    /// One stored piece.
    ///
    /// @param offsets where it begins in its tensor, or null for an object
    /// @param info where it is stored
    private record Piece(long @Nullable [] offsets, InstanceNode info) {}

    private DistributedReader(Path path, Arena arena, Session session) throws IOException {
        this.session = session;
        this.arena = arena;
        this.folder = new SidecarFolder(path);
        this.metadata = MappedFile.open(path.resolve(METADATA), arena);
        this.place = metadata.region();
        PickleValue root = session.pickle(place);
        StorageTable table = new StorageTable(
                place,
                (key, declared) -> {
                    throw place.malformed("checkpoint.no-record", "", -1, "a storage inside the metadata");
                },
                session.budget(),
                false);
        this.loaded = Loaded.of(CheckpointFile.Container.DISTRIBUTED, root, table);
        this.names = new StateDict(loaded.graph().rebuild(), table, session.findings());
    }

    /// Reads a folder.
    ///
    /// @throws IOException if it is broken, a file is missing, or it points outside of itself
    public static DistributedReader read(Path path, Arena arena, Session session) throws IOException {
        DistributedReader reader = new DistributedReader(path, arena, session);
        reader.load();
        return reader;
    }

    /// The metadata as an object graph.
    public Loaded loaded() {
        return loaded;
    }

    /// The tensors and values.
    public StateDict names() {
        return names;
    }

    /// The files.
    public List<MappedFile> parts() {
        List<MappedFile> all = new ArrayList<>(List.of(metadata));
        all.addAll(files.values());
        return all;
    }

    private void load() throws IOException {
        for (PickleValue.Entry entry : dict(loaded.root(), "storage_data").entries()) {
            if (attribute(entry.key(), "fqn") instanceof PickleValue.Text name
                    && entry.value() instanceof InstanceNode info) {
                Piece piece = new Piece(longs(attribute(entry.key(), "offset")), info);
                pieces.computeIfAbsent(name.value(), key -> new ArrayList<>(1)).add(piece);
            } else {
                throw malformed("an entry of storage_data that is not understood");
            }
        }
        for (PickleValue.Entry entry :
                dict(loaded.root(), "state_dict_metadata").entries()) {
            if (!(entry.key() instanceof PickleValue.Text name)) {
                throw malformed("an entry of state_dict_metadata without a name");
            }
            entry(name.value(), entry.value());
        }
    }

    private void entry(String name, PickleValue what) throws IOException {
        List<Piece> stored = pieces.getOrDefault(name, List.of());
        long[] size = longs(attribute(what, "size"));
        if (stored.isEmpty()) {
            throw malformed(Findings.shown(name) + " is stored nowhere");
        }
        if (size == null) {
            Loaded object = open(name, stored.get(0));
            names.addFrom(object.graph().rebuild(), object.graph().table(), object.root(), name);
            return;
        }
        List<Tiles.Tile> tiles = new ArrayList<>();
        Rebuilt.Part first = null;
        for (Piece piece : stored) {
            Loaded object = open(name, piece);
            Rebuilt rebuilt = object.graph().rebuild().find(object.root());
            if (rebuilt == null || rebuilt.parts().size() != 1) {
                throw malformed("a piece of " + Findings.shown(name) + " is no dense tensor");
            }
            Rebuilt.Part part = rebuilt.parts().get(0);
            first = first == null ? part : first;
            long[] offsets = piece.offsets() == null ? new long[size.length] : piece.offsets();
            tiles.add(new Tiles.Tile(offsets, part.shape().toArray(), part.data()));
            if (!first.dtype().equals(part.dtype())) {
                throw malformed("pieces of " + Findings.shown(name) + " have different types");
            }
        }
        if (first != null) {
            names.addPart(name, first.dtype(), size, Tiles.of(first.dtype(), size, tiles, place));
        }
    }

    private Loaded open(String name, Piece piece) throws IOException {
        PickleValue path = attribute(piece.info(), "relative_path");
        PickleValue offset = attribute(piece.info(), "offset");
        PickleValue length = attribute(piece.info(), "length");
        if (!(path instanceof PickleValue.Text text)
                || !(offset instanceof PickleValue.Int at)
                || !(length instanceof PickleValue.Int bytes)) {
            throw malformed("the place of " + Findings.shown(name) + " is not understood");
        }
        MappedFile file = files.get(text.value());
        if (file == null) {
            if (files.size() >= session.options().limits().maxParts()) {
                throw new LimitExceededException("maxParts", place.source(), "", -1, "more files than " + files.size());
            }
            file = MappedFile.open(folder.resolve(text.value()), arena);
            files.put(text.value(), file);
        }
        Region slice = file.region().slice("item " + Findings.shown(name), at.value(), bytes.value());
        return Containers.read(slice, file, session);
    }

    private ModelFormatException malformed(String problem) {
        return place.malformed("checkpoint.distributed", "", -1, problem);
    }

    private DictNode dict(PickleValue owner, String name) throws ModelFormatException {
        if (attribute(owner, name) instanceof DictNode dict) {
            return dict;
        }
        throw malformed("the metadata has no " + name);
    }

    /// An attribute of an object that was restored from a dictionary.
    private static @Nullable PickleValue attribute(PickleValue owner, String name) {
        boolean object =
                owner instanceof InstanceNode instance && instance.states().size() == 1;
        PickleValue state = object ? ((InstanceNode) owner).states().get(0) : null;
        if (state instanceof SequenceNode pair && pair.size() == 2) {
            state = pair.get(0);
        }
        return state instanceof DictNode dict ? dict.find(name) : null;
    }

    private static long @Nullable [] longs(@Nullable PickleValue value) {
        PickleValue inner =
                value instanceof InstanceNode size && size.isCallOf("torch", "Size") ? size.argument(0) : value;
        if (!(inner instanceof SequenceNode sequence)) {
            return null;
        }
        long[] numbers = new long[sequence.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!(sequence.get(i) instanceof PickleValue.Int number)) {
                return null;
            }
            numbers[i] = number.value();
        }
        return numbers;
    }
}
