package dev.modelfile.checkpoint.container;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.pickle.TextNode;
import dev.modelfile.checkpoint.torch.Rebuild;
import dev.modelfile.checkpoint.torch.Rebuilt;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.checkpoint.torch.TorchType;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.checkpoint.zip.ZipDirectory;
import dev.modelfile.checkpoint.zip.ZipRecord;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The `.pt2` archives of `torch.export.save`. The program is not read; the weights and constants are, in the three
/// layouts there have been: a record for each with a configuration, one checkpoint inside the archive for all of them,
/// and, up to PyTorch 2.7, the same without a folder.
///
/// Source: PyTorch 2.13's `torch/export/pt2_archive/_package.py` and `torch/export/__init__.py`.
final class ExportArchive {
    private static final String FORMAT = "archive_format";
    private static final String[] GROUPS = {"weights", "constants"};
    private static final String[] OLD = {"serialized_state_dict", "serialized_constants"};
    /// PyTorch's types by the numbers of its export schema.
    private static final String[] TYPES = ("- uint8 int8 int16 int32 int64 float16 float32 float64 complex32 complex64 "
                    + "complex128 bool bfloat16 - - - - - - - - - - - - - - uint16 float8_e4m3fn float8_e5m2 "
                    + "float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu uint32 uint64")
            .split(" ");

    private final ZipDirectory directory;
    private final MappedFile file;
    private final Session session;
    private final StorageTable table;
    private final Rebuild rebuild;
    /// The names that a configuration gives.
    private final Map<String, PickleValue> named = new LinkedHashMap<>();
    /// The checkpoints inside the archive.
    private final Map<String, Loaded.Graph> whole = new LinkedHashMap<>();
    private final Map<String, StorageTable.Storage> storages = new HashMap<>();
    private final Map<String, Rebuilt> pickled = new HashMap<>();
    private long configBytes;

    private ExportArchive(ZipDirectory directory, MappedFile file, Session session) {
        this.directory = directory;
        this.file = file;
        this.session = session;
        Region place = directory.file();
        this.table = new StorageTable(
                place,
                (key, declared) -> {
                    throw place.malformed("checkpoint.no-record", "", -1, "a storage that no configuration names");
                },
                session.budget(),
                false);
        this.rebuild = new Rebuild(table);
    }

    /// Whether an archive is an exported program.
    static boolean isOne(ZipDirectory directory) {
        for (ZipRecord record : directory.records()) {
            String name = record.name();
            int slash = name.indexOf('/');
            boolean current = slash >= 0 && name.substring(slash + 1).equals(FORMAT);
            if (current || name.equals(OLD[0] + ".pt") || name.equals(OLD[0] + ".json")) {
                return true;
            }
        }
        return false;
    }

    static Loaded read(ZipDirectory directory, MappedFile file, Session session) throws ModelFormatException {
        if (session.options().weightsOnly()) {
            throw new UnsafeModelException(
                    "checkpoint.weights-only",
                    file.path().toString(),
                    "",
                    -1,
                    "an exported program, which torch.load does not open");
        }
        ExportArchive archive = new ExportArchive(directory, file, session);
        if (!archive.old()) {
            archive.current();
        }
        return archive.loaded();
    }

    private Loaded loaded() {
        List<Loaded.Graph> graphs = new ArrayList<>();
        if (!named.isEmpty() || whole.isEmpty()) {
            graphs.add(new Loaded.Graph("", DictNode.of(named), table, rebuild));
        }
        Map<String, PickleValue> all = new LinkedHashMap<>(named);
        whole.forEach((name, graph) -> {
            all.put(name, graph.root());
            graphs.add(graph);
        });
        return new Loaded(CheckpointFile.Container.EXPORT, DictNode.of(all), graphs);
    }

    /// The layout up to PyTorch 2.7: checkpoints beside the program, in no folder.
    private boolean old() throws ModelFormatException {
        boolean any = false;
        for (String stem : OLD) {
            ZipRecord record = directory.find(stem + ".pt");
            record = record == null ? directory.find(stem + ".json") : record;
            if (record != null) {
                whole(record, "");
                any = true;
            }
        }
        return any;
    }

    private void current() throws ModelFormatException {
        String root = ZipContainer.rootOf(directory);
        List<String> models = new ArrayList<>();
        for (ZipRecord record : directory.records()) {
            String name = record.name().substring(root.length());
            if (name.startsWith("models/") && name.endsWith(".json")) {
                models.add(name.substring("models/".length(), name.length() - ".json".length()));
            }
        }
        for (String model : models) {
            for (String group : GROUPS) {
                group(root + "data/" + group + "/", model, group, models.size() > 1 ? model : "");
            }
        }
    }

    private void group(String folder, String model, String group, String prefix) throws ModelFormatException {
        ZipRecord checkpoint = directory.find(folder + model + ".pt");
        if (checkpoint != null) {
            whole(checkpoint, prefix);
            return;
        }
        ZipRecord config = directory.find(folder + model + "_" + group + "_config.json");
        if (config == null) {
            throw malformed("there is no configuration of the " + group + " of " + Findings.shown(model));
        }
        Region text = directory.content(config, session.budget());
        configBytes += text.size();
        if (configBytes > session.options().limits().maxHeaderBytes()) {
            throw text.limit("maxHeaderBytes", "", 0, configBytes + " bytes of configurations");
        }
        for (Map.Entry<String, ExportConfig.Payload> entry :
                ExportConfig.read(text, session.budget()).entrySet()) {
            payload(prefix.isEmpty() ? entry.getKey() : prefix + "." + entry.getKey(), folder, entry.getValue());
        }
    }

    /// A checkpoint inside the archive that holds everything.
    private void whole(ZipRecord record, String prefix) throws ModelFormatException {
        Loaded.Graph graph = nested(record);
        whole.put(record.name(), new Loaded.Graph(prefix, graph.root(), graph.table(), graph.rebuild()));
    }

    private Loaded.Graph nested(ZipRecord record) throws ModelFormatException {
        return Containers.readInner(directory.content(record, session.budget()), file, session)
                .graph();
    }

    private void payload(String name, String folder, ExportConfig.Payload payload) throws ModelFormatException {
        ZipRecord record = directory.find(folder + payload.record());
        if (record == null) {
            throw malformed(Findings.shown(name) + " is in the record " + Findings.shown(payload.record())
                    + ", which is missing");
        }
        ExportConfig.Meta meta = payload.meta();
        PickleValue value = new PickleValue.Opaque("object", "a pickled object, which is not read");
        if (meta != null) {
            Rebuilt made = payload.pickled() ? pickled(record) : tensor(record, meta);
            if (made != null) {
                if (payload.parameter() != meta.requiresGrad()) {
                    made.note("requires_grad", Value.of(meta.requiresGrad()));
                }
                rebuild.define(name, made);
                value = new PickleValue.PersistentId(new TextNode(name, name.length()), -1);
            }
        }
        if (named.put(name, value) != null) {
            throw malformed(Findings.shown(name) + " is there twice");
        }
    }

    /// A tensor in a file of its own, which may be that of several names.
    private @Nullable Rebuilt pickled(ZipRecord record) throws ModelFormatException {
        if (!pickled.containsKey(record.name())) {
            Loaded.Graph graph = nested(record);
            Rebuilt found = graph.rebuild().find(graph.root());
            if (found != null) {
                pickled.put(record.name(), found);
            }
        }
        return pickled.get(record.name());
    }

    private Rebuilt tensor(ZipRecord record, ExportConfig.Meta meta) throws ModelFormatException {
        TorchType type = meta.dtype() < TYPES.length ? TorchType.named(TYPES[meta.dtype()]) : null;
        boolean absent = record.size() == 0 && !hasZero(meta.sizes());
        if (type == null || !meta.dense() || absent) {
            String why = absent ? "its record is empty" : "type " + meta.dtype() + " in a layout that is not read";
            return Rebuilt.noted("", new Value.Opaque("tensor without data", why));
        }
        StorageTable.Storage storage = storages.get(record.name());
        if (storage == null) {
            String key = record.name().substring(record.name().lastIndexOf('/') + 1);
            storage = table.define(key, "cpu", type, ZipContainer.data(directory, record, file, session));
            storages.put(record.name(), storage);
        }
        return rebuild.view(storage, type, meta.offset(), meta.sizes(), meta.strides());
    }

    private static boolean hasZero(long[] sizes) {
        for (long size : sizes) {
            if (size == 0) {
                return true;
            }
        }
        return false;
    }

    private MalformedModelException malformed(String problem) {
        return directory.file().malformed("checkpoint.export", "", -1, problem);
    }
}
