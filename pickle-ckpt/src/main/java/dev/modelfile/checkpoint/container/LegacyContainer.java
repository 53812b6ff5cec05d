package dev.modelfile.checkpoint.container;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.PickleMachine;
import dev.modelfile.checkpoint.pickle.PickleObserver;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.checkpoint.torch.TorchType;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.TensorData;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/// `torch.save` before 1.6: five pickles back to back (magic, version, system, object, keys), then for each key the
/// number of elements as a 64-bit integer and the elements, unaligned.
public final class LegacyContainer {
    /// LONG1 of ten bytes, which are the number, and STOP.
    private static final byte[] MAGIC = HexFormat.of().parseHex("8a0a6cfc9c46f9206aa850192e");
    private static final int FRAME = 0x95;
    private static final int FRAME_LENGTH = 9;
    private static final int PROTOCOL = 1001;

    private LegacyContainer() {}

    /// Whether bytes begin with the magic number.
    ///
    /// @throws MalformedModelException never
    public static boolean isLegacy(Region file) throws MalformedModelException {
        return magicEnd(file) > 0;
    }

    /// Where the pickle of the magic number ends, in any protocol from 2 on; 0 if there is none.
    private static int magicEnd(Region file) throws MalformedModelException {
        if (file.size() < 3 || file.u8(0) != 0x80 || file.u8(1) < 2 || file.u8(1) > 5) {
            return 0;
        }
        int from = file.u8(2) == FRAME ? 2 + FRAME_LENGTH : 2;
        for (int i = 0; i < MAGIC.length; i++) {
            if (file.size() <= from + i || (byte) file.u8(from + i) != MAGIC[i]) {
                return 0;
            }
        }
        return from + MAGIC.length;
    }

    /// The types of the storages that a pickle refers to.
    private static final class Types implements PickleObserver {
        private final Map<String, TorchType> types = new HashMap<>();

        @Override
        public void persistentId(PickleValue id, boolean textual, long offset) {
            if (id instanceof SequenceNode tuple
                    && tuple.size() >= 5
                    && tuple.get(1) instanceof PickleValue.Global global
                    && StorageTable.storageType(global) != null
                    && StorageTable.key(tuple.get(2)) instanceof String key) {
                types.putIfAbsent(key, java.util.Objects.requireNonNull(StorageTable.storageType(global)));
            }
        }
    }

    static Loaded read(Region file, MappedFile mapped, Session session) throws ModelFormatException {
        boolean restricted = session.options().weightsOnly();
        Types types = new Types();
        PickleObserver policy = restricted ? new WeightsOnly(file, WeightsOnly.OLD_ITEMS) : PickleObserver.NONE;
        PickleMachine machine = session.machine(file, magicEnd(file), new Both(policy, types));
        if (!(machine.load() instanceof PickleValue.Int version) || version.value() != PROTOCOL) {
            throw file.malformed(
                    "checkpoint.version", "second pickle", magicEnd(file), "the version is not " + PROTOCOL);
        }
        machine.load();
        PickleValue root = machine.load();
        long at = machine.position();
        if (!(machine.load() instanceof SequenceNode keys)) {
            throw file.malformed("checkpoint.keys", "fifth pickle", at, "the storage keys are no list");
        }
        Map<String, Region> storages = storages(file, machine.position(), keys, types.types, session);
        Region place = file.at("object");
        StorageTable table =
                new StorageTable(place, (key, declared) -> find(storages, key, place, mapped), session.budget(), false);
        return Loaded.of(CheckpointFile.Container.LEGACY, root, table);
    }

    private static TensorData find(Map<String, Region> storages, String key, Region place, MappedFile mapped)
            throws ModelFormatException {
        Region storage = storages.get(key);
        if (storage == null) {
            throw place.malformed("checkpoint.no-record", "", -1, "there is no storage " + Findings.shown(key));
        }
        return Session.data(storage, mapped);
    }

    /// Walks the raw section.
    private static Map<String, Region> storages(
            Region file, long start, SequenceNode keys, Map<String, TorchType> types, Session session)
            throws ModelFormatException {
        Map<String, Region> storages = new HashMap<>();
        long at = start;
        for (PickleValue item : keys.items()) {
            String key = StorageTable.key(item);
            TorchType type = key == null ? null : types.get(key);
            if (key == null || type == null) {
                throw file.malformed("checkpoint.keys", "", at, "a storage key that no tensor refers to");
            }
            String what = "storage " + Findings.shown(key);
            long count = file.slice(what, at, 8).i64(0);
            if (count < 0 || count > (file.size() - at) / type.unit()) {
                throw file.malformed(
                        "checkpoint.storage",
                        what,
                        at,
                        Long.toUnsignedString(count) + " elements vs " + (file.size() - at - 8) + " bytes available");
            }
            session.budget().heap(200, file, at);
            storages.put(key, file.slice(what, at + 8, count * type.unit()));
            at += 8 + count * type.unit();
        }
        if (at != file.size()) {
            session.findings()
                    .add(
                            "checkpoint.trailing",
                            Severity.WARNING,
                            file,
                            "",
                            at,
                            file.size() - at + " bytes behind the last storage");
        }
        return storages;
    }
}
