package dev.modelfile.checkpoint.torch;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.io.Region;
import dev.modelfile.spi.TensorData;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The storages that a pickle refers to, each once, by key.
public final class StorageTable {
    private static final int HEAP_PER_STORAGE = 300;

    private final Region place;
    private final StorageSource source;
    private final Budget budget;
    private final boolean bigEndian;
    private final Map<String, Storage> storages = new LinkedHashMap<>();

    /// One storage.
    public static final class Storage {
        private final String key;
        private final String location;
        private final TorchType type;
        private final TensorData data;
        private int views;
        private long used;

        Storage(String key, String location, TorchType type, TensorData data) {
            this.key = key;
            this.location = location;
            this.type = type;
            this.data = data;
        }

        /// Its key.
        public String key() {
            return key;
        }

        /// The device that it was on, for instance `cuda:0`.
        public String location() {
            return location;
        }

        /// The type of its class.
        public TorchType type() {
            return type;
        }

        /// Its bytes.
        public TensorData data() {
            return data;
        }

        /// How many tensors view it.
        public int views() {
            return views;
        }

        /// One past the last byte that a tensor can reach.
        public long used() {
            return used;
        }

        void viewed(long end) {
            views++;
            used = Math.max(used, end);
        }
    }

    /// A table that is empty at first.
    ///
    /// @param place the pickle, for messages
    /// @param bigEndian whether the storages were written by a big-endian machine
    public StorageTable(Region place, StorageSource source, Budget budget, boolean bigEndian) {
        this.place = place;
        this.source = source;
        this.budget = budget;
        this.bigEndian = bigEndian;
    }

    /// The storages met so far.
    public Collection<Storage> all() {
        return storages.values();
    }

    /// Whether the elements are in big-endian order.
    public boolean isBigEndian() {
        return bigEndian;
    }

    /// The pickle, for messages.
    public Region place() {
        return place;
    }

    /// Counts what is about to be kept.
    ///
    /// @throws LimitExceededException if it is too much
    public void heap(long bytes) throws LimitExceededException {
        budget.heap(bytes, place, -1);
    }

    /// The limits of the reader.
    public Budget budget() {
        return budget;
    }

    /// The storage that a persistent id stands for, or null if it stands for something else.
    ///
    /// @throws ModelFormatException if the storage is missing, or has another size than the id says
    public @Nullable Storage find(PickleValue value) throws ModelFormatException {
        if (!(value instanceof PickleValue.PersistentId reference)
                || !(reference.id() instanceof SequenceNode id)
                || id.size() < 5
                || !(id.get(0) instanceof PickleValue.Text tag)
                || !tag.value().equals("storage")) {
            return null;
        }
        String key = key(id.get(2));
        TorchType type = id.get(1) instanceof PickleValue.Global global ? storageType(global) : null;
        if (key == null || type == null || !(id.get(4) instanceof PickleValue.Int count)) {
            throw malformed(reference.offset(), "a storage whose class, key or length is not understood");
        }
        Storage known = storages.get(key);
        if (known == null) {
            String location = id.get(3) instanceof PickleValue.Text text ? text.value() : "";
            known = open(key, location, type, count.value(), reference.offset());
            storages.put(key, known);
        }
        if (!known.type.equals(type) || known.data.byteSize() != size(type, count.value(), reference.offset())) {
            throw malformed(reference.offset(), "storage " + shown(key) + " is declared in two ways");
        }
        return id.size() > 5 && id.get(5) instanceof SequenceNode view ? view(known, view, reference) : known;
    }

    /// A key that is text or a number, or null.
    public static @Nullable String key(PickleValue value) {
        return value instanceof PickleValue.Text text
                ? text.value()
                : value instanceof PickleValue.Int number ? Long.toString(number.value()) : null;
    }

    /// Adds a storage that is known before the pickle is read.
    ///
    /// @throws LimitExceededException if there are too many
    public Storage define(String key, String location, TorchType type, TensorData data) throws LimitExceededException {
        heap(HEAP_PER_STORAGE);
        Storage storage = new Storage(key, location, type, data);
        storages.put(key, storage);
        return storage;
    }

    /// The type of a storage class in `torch`, `torch.cuda` or `torch.storage`, or null.
    public static @Nullable TorchType storageType(PickleValue.Global global) {
        String module = global.module();
        boolean known = module.equals("torch") || module.equals("torch.cuda") || module.equals("torch.storage");
        return known ? TorchType.ofStorage(global.name()) : null;
    }

    private Storage open(String key, String location, TorchType type, long count, long offset)
            throws ModelFormatException {
        long bytes = size(type, count, offset);
        budget.heap(HEAP_PER_STORAGE, place, -1);
        TensorData data = source.bytes(key, bytes);
        if (data.byteSize() != bytes) {
            throw malformed(
                    offset, "storage " + shown(key) + " has " + data.byteSize() + " bytes vs " + bytes + " declared");
        }
        return new Storage(key, location, type, data);
    }

    private long size(TorchType type, long count, long offset) throws ModelFormatException {
        if (count < 0 || count > Long.MAX_VALUE / type.unit()) {
            throw malformed(offset, "a storage of " + count + " elements");
        }
        return count * type.unit();
    }

    /// The part of a storage that files of PyTorch before 0.4 describe: (key, offset, length) in elements.
    private Storage view(Storage root, SequenceNode view, PickleValue.PersistentId reference)
            throws ModelFormatException {
        if (view.size() != 3
                || key(view.get(0)) == null
                || !(view.get(1) instanceof PickleValue.Int start)
                || !(view.get(2) instanceof PickleValue.Int length)) {
            throw malformed(reference.offset(), "a storage view that is not understood");
        }
        long unit = root.type.unit();
        long elements = root.data.byteSize() / unit;
        if (start.value() < 0 || length.value() < 0 || start.value() > elements - length.value()) {
            throw malformed(reference.offset(), "a storage view outside its storage of " + elements + " elements");
        }
        String key = root.key + "." + key(view.get(0));
        Storage part = storages.get(key);
        if (part == null) {
            budget.heap(HEAP_PER_STORAGE, place, -1);
            part = new Storage(
                    key, root.location, root.type, Views.range(root.data, start.value() * unit, length.value() * unit));
            storages.put(key, part);
            root.viewed((start.value() + length.value()) * unit);
        }
        return part;
    }

    private MalformedModelException malformed(long offset, String problem) {
        return new MalformedModelException("checkpoint.storage", place.source(), place.place(), offset, problem);
    }

    private static String shown(String key) {
        return dev.modelfile.checkpoint.zip.Findings.shown(key);
    }
}
