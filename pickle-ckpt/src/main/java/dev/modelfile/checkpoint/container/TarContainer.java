package dev.modelfile.checkpoint.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.PickleMachine;
import dev.modelfile.checkpoint.pickle.PickleObserver;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.checkpoint.torch.Rebuild;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.checkpoint.torch.TorchType;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import org.jspecify.annotations.Nullable;

/// `torch.save` up to 0.1.9: a tar archive with the members `storages`, `tensors` and `pickle`.
final class TarContainer {
    private final Session session;
    private final MappedFile file;
    private final TarArchive archive;

    private TarContainer(Session session, MappedFile file, TarArchive archive) {
        this.session = session;
        this.file = file;
        this.archive = archive;
    }

    static Loaded read(Region region, MappedFile file, Session session) throws ModelFormatException {
        if (session.options().weightsOnly()) {
            throw new UnsafeModelException(
                    "checkpoint.weights-only",
                    region.source(),
                    "",
                    -1,
                    "a tar archive, which torch.load(weights_only=True) refuses");
        }
        TarArchive archive = TarArchive.read(region, session.options().limits());
        for (Finding problem : archive.problems()) {
            throw region.malformed(problem.rule(), "", problem.offset() - region.base(), problem.message());
        }
        return new TarContainer(session, file, archive).load(region);
    }

    private Loaded load(Region region) throws ModelFormatException {
        Region storages = member("storages", region);
        Region tensors = member("tensors", region);
        Region pickle = member("pickle", region);
        StorageTable table = new StorageTable(
                pickle,
                (key, declared) -> {
                    throw pickle.malformed("checkpoint.no-record", "", -1, "a storage outside the member storages");
                },
                session.budget(),
                false);
        Rebuild rebuild = new Rebuild(table);
        java.util.Map<String, StorageTable.Storage> byKey = storages(storages, table);
        tensors(tensors, byKey, rebuild);
        return Loaded.of(CheckpointFile.Container.TAR, session.pickle(pickle), table, rebuild);
    }

    private Region member(String name, Region region) throws ModelFormatException {
        // Of two members of one name the later one counts.
        for (TarArchive.Member member : archive.members().reversed()) {
            if (member.plainName().equals(name)) {
                return member.content();
            }
        }
        throw region.malformed("checkpoint.no-record", "", -1, "the archive has no member " + name);
    }

    private java.util.Map<String, StorageTable.Storage> storages(Region member, StorageTable table)
            throws ModelFormatException {
        java.util.Map<String, StorageTable.Storage> byKey = new java.util.HashMap<>();
        PickleMachine machine = session.machine(member, 0, PickleObserver.NONE);
        long count = count(machine.load(), member);
        for (long i = 0; i < count; i++) {
            SequenceNode head = tuple(machine.load(), 3, member, machine.lastOpcode());
            TorchType type = head.get(2) instanceof PickleValue.Global global ? StorageTable.storageType(global) : null;
            String key = StorageTable.key(head.get(0));
            if (type == null || key == null) {
                throw member.malformed("checkpoint.storage", "", machine.lastOpcode(), "a storage of unknown class");
            }
            long at = machine.position();
            long elements = member.i64(at);
            if (elements < 0 || elements > (member.size() - at) / type.unit()) {
                throw member.malformed(
                        "checkpoint.storage",
                        "",
                        at,
                        Long.toUnsignedString(elements) + " elements vs " + (member.size() - at - 8)
                                + " bytes available");
            }
            Region data = member.slice("storage", at + 8, elements * type.unit());
            String location = head.get(1) instanceof PickleValue.Text text ? text.value() : "";
            byKey.put(key, table.define(key, location, type, Session.data(data, file)));
            machine.skip(8 + data.size());
        }
        PickleValue views = machine.load();
        boolean none = views instanceof SequenceNode list && list.size() == 0;
        if (!none) {
            throw member.malformed("checkpoint.storage", "", machine.lastOpcode(), "storage views are not supported");
        }
        return byKey;
    }

    private void tensors(Region member, java.util.Map<String, StorageTable.Storage> byKey, Rebuild rebuild)
            throws ModelFormatException {
        PickleMachine machine = session.machine(member, 0, PickleObserver.NONE);
        long count = count(machine.load(), member);
        for (long i = 0; i < count; i++) {
            SequenceNode head = tuple(machine.load(), 3, member, machine.lastOpcode());
            String key = StorageTable.key(head.get(0));
            StorageTable.Storage storage = byKey.get(String.valueOf(StorageTable.key(head.get(1))));
            if (key == null || storage == null) {
                throw member.malformed("checkpoint.storage", "", machine.lastOpcode(), "a tensor without a storage");
            }
            long at = machine.position();
            int rank = member.i32(at);
            if (rank < 0 || rank > session.options().limits().maxRank()) {
                throw member.malformed("checkpoint.view", "", at, "a tensor of rank " + rank);
            }
            long[] size = longs(member, at + 8, rank);
            long[] stride = longs(member, at + 8 + 8L * rank, rank);
            long offset = member.i64(at + 8 + 16L * rank);
            rebuild.define(key, rebuild.view(storage, storage.type(), offset, size, stride));
            machine.skip(16 + 16L * rank);
        }
    }

    private static long count(PickleValue value, Region member) throws ModelFormatException {
        if (value instanceof PickleValue.Int number && number.value() >= 0) {
            return number.value();
        }
        throw member.malformed("checkpoint.count", "", 0, "the first pickle is no count");
    }

    private static SequenceNode tuple(@Nullable PickleValue value, int length, Region member, long at)
            throws ModelFormatException {
        if (value instanceof SequenceNode tuple && tuple.size() >= length) {
            return tuple;
        }
        throw member.malformed("checkpoint.tuple", "", at, "a description that is no tuple of " + length);
    }

    private static long[] longs(Region member, long at, int count) throws ModelFormatException {
        long[] numbers = new long[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = member.i64(at + 8L * i);
        }
        return numbers;
    }
}
