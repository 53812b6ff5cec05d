package dev.modelfile.gguf;

import dev.modelfile.Metadata;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.gguf.container.ByteSwap;
import dev.modelfile.gguf.container.Encoding;
import dev.modelfile.gguf.container.Header;
import dev.modelfile.gguf.container.HeaderWriter;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.gguf.container.Room;
import dev.modelfile.gguf.shard.ShardName;
import dev.modelfile.gguf.shard.Splits;
import dev.modelfile.spi.Structure;
import dev.modelfile.spi.WritePlan;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Lays out new files: header, padding, and the tensors in the order given, each padded to the alignment. A copy of a
/// GGUF model keeps what is not asked to be different: byte order, version, and the padding of a header that stands
/// alone.
final class Planner {
    private final String name;
    private final LinkedHashMap<String, Value> metadata;
    private final WriteOptions options;
    private final int version;
    private final Encoding encoding;
    private final long alignment;
    private final boolean padsHeader;
    private final boolean wasSharded;
    private final List<String> splitKeys;

    /// @param base the model that is copied, or null
    Planner(Path target, Metadata metadata, WriteOptions options, @Nullable GgufFile base) {
        this.name = String.valueOf(target.getFileName());
        this.options = options;
        ByteOrder order = options.byteOrder() != null
                ? options.byteOrder()
                : base != null ? base.byteOrder() : ByteOrder.LITTLE_ENDIAN;
        this.version = version(order, base);
        this.encoding = Encoding.of(order, version);
        this.padsHeader = base != null && base.hasPaddedHeaderAlone();
        LinkedHashMap<String, Value> entries = new LinkedHashMap<>(metadata.entries());
        this.alignment = alignment(entries);
        this.metadata = entries;
        this.splitKeys = Splits.order(entries);
        this.wasSharded = Splits.number(entries, Splits.COUNT).orElse(0) > 1;
        if (wasSharded && !options.sharded()) {
            entries.keySet().removeAll(Splits.KEYS);
        }
    }

    private int version(ByteOrder order, @Nullable GgufFile base) {
        if (options.version() > Header.VERSION) {
            throw new IllegalArgumentException(
                    "GGUF has no version " + options.version() + " yet; " + Header.VERSION + " is the newest");
        }
        boolean big = order == ByteOrder.BIG_ENDIAN;
        boolean kept = base != null && base.byteOrder() == order;
        if (options.version() > 0) {
            boolean same = kept && base != null && base.version() == options.version();
            if (big && !same && options.version() < Header.VERSION) {
                throw new IllegalArgumentException("GGUF is big-endian from version " + Header.VERSION + " on, not in "
                        + options.version() + "; ask for little-endian");
            }
            return options.version();
        }
        return base == null || big && !kept ? Header.VERSION : base.version();
    }

    /// The alignment that the metadata asks for; an option changes the metadata.
    private long alignment(LinkedHashMap<String, Value> entries) {
        Value present = entries.get(Header.ALIGNMENT);
        if (options.alignment() > 0) {
            if (present != null || options.alignment() != Header.DEFAULT_ALIGNMENT) {
                entries.put(Header.ALIGNMENT, Value.u32(options.alignment()));
            }
            return options.alignment();
        }
        if (present == null) {
            return Header.DEFAULT_ALIGNMENT;
        }
        if (!(present instanceof Value.Int number)
                || number.type() != Value.Type.U32
                || Long.bitCount(number.bits()) != 1) {
            throw new IllegalArgumentException("metadata \"" + Header.ALIGNMENT + "\" is " + present.type() + " "
                    + present + "; it must be U32 and a power of two");
        }
        return number.bits();
    }

    WritePlan plan(List<TensorSource> tensors) {
        metadata.keySet().forEach(Planner::checkKey);
        checkTensors(tensors);
        if (!options.sharded()) {
            if (options.headerRoom() > 0) {
                metadata.putLast(Room.KEY, Room.of(options.headerRoom()));
            }
            return new WritePlan(List.of(file(name, metadata, tensors)));
        }
        List<List<TensorSource>> shards =
                Splits.divide(tensors, this::padded, options.maxShardBytes(), options.maxShardTensors());
        if (shards.size() == 1) {
            if (wasSharded) {
                metadata.keySet().removeAll(Splits.KEYS);
            }
            return new WritePlan(List.of(file(name, metadata, tensors)));
        }
        return shards(shards, tensors.size());
    }

    /// The first shard holds all key-value pairs; it comes last, because it is the one to open.
    private WritePlan shards(List<List<TensorSource>> shards, int tensors) {
        if (shards.size() > Splits.MOST) {
            throw new IllegalArgumentException(
                    shards.size() + " shards vs " + Splits.MOST + " that can be counted; allow larger ones");
        }
        String stem = ShardName.of(Path.of(name)).map(ShardName::stem).orElseGet(this::stem);
        List<WritePlan.File> files = new ArrayList<>();
        for (int i = shards.size() - 1; i >= 0; i--) {
            LinkedHashMap<String, Value> entries = new LinkedHashMap<>();
            if (i == 0) {
                entries.putAll(metadata);
            } else if (metadata.containsKey(Header.ALIGNMENT)) {
                entries.put(Header.ALIGNMENT, Value.u32(alignment));
            }
            Splits.put(entries, splitKeys, i, shards.size(), tensors);
            files.add(file(new ShardName(stem, i + 1, shards.size()).toString(), entries, shards.get(i)));
        }
        return new WritePlan(files);
    }

    private String stem() {
        return name.endsWith(ShardName.EXTENSION)
                ? name.substring(0, name.length() - ShardName.EXTENSION.length())
                : name;
    }

    static void checkKey(String key) {
        if (key.isEmpty() || key.length() > 0xFFFF) {
            throw new IllegalArgumentException(
                    "a metadata key of " + key.length() + " characters; GGUF takes 1 to 65535");
        }
    }

    private static void checkTensors(List<TensorSource> tensors) {
        Set<String> names = new HashSet<>();
        for (TensorSource tensor : tensors) {
            checkName(tensor.name());
            String shown = "tensor \"" + Names.shown(tensor.name()) + "\"";
            if (!names.add(Names.cut(tensor.name()))) {
                throw new IllegalArgumentException("two tensors are named \"" + Names.shown(tensor.name()) + "\"");
            }
            if (tensor.shape().rank() > Header.MAX_DIMS) {
                throw new IllegalArgumentException(shown + " has "
                        + tensor.shape().rank() + " dimensions; ggml has " + Header.MAX_DIMS + ", join some");
            }
            if (GgmlType.idOf(tensor.dtype()).isEmpty()) {
                throw new IllegalArgumentException(shown + " is "
                        + tensor.dtype().name() + ", which GGUF cannot store; convert it to another type");
            }
        }
    }

    static void checkName(String name) {
        int length = Names.encode(name).length;
        if (length >= Header.MAX_NAME) {
            throw new IllegalArgumentException("tensor \"" + Names.shown(name) + "\" has a name of " + length
                    + " bytes; ggml takes " + (Header.MAX_NAME - 1) + ", rename it");
        }
    }

    private long padded(TensorSource tensor) {
        return Header.align(tensor.byteSize(), alignment);
    }

    private WritePlan.File file(String fileName, Map<String, Value> entries, List<TensorSource> tensors) {
        List<HeaderWriter.Item> items = new ArrayList<>(tensors.size());
        long end = 0;
        for (TensorSource tensor : tensors) {
            int id = GgmlType.idOf(tensor.dtype()).orElseThrow();
            items.add(new HeaderWriter.Item(tensor.name(), tensor.shape(), id, end));
            end = Math.addExact(end, padded(tensor));
        }
        Structure header = HeaderWriter.header(version, encoding, entries, items);
        long headerBytes = header.count();
        List<WritePlan.Section> sections = new ArrayList<>(tensors.size() + 1);
        sections.add(WritePlan.Section.of(0, headerBytes, header));
        // Files without tensors end with the header, as gguf-py writes vocabularies; llama.cpp's tools pad it.
        boolean pads = padsHeader || !tensors.isEmpty();
        long dataOffset = pads ? Header.align(headerBytes, alignment) : headerBytes;
        for (int i = 0; i < tensors.size(); i++) {
            sections.add(section(dataOffset + items.get(i).offset(), tensors.get(i)));
        }
        return new WritePlan.File(fileName, Math.addExact(dataOffset, end), sections);
    }

    private WritePlan.Section section(long offset, TensorSource tensor) {
        ByteSwap swap = encoding.order() == ByteOrder.BIG_ENDIAN ? ByteSwap.of(tensor.dtype()) : null;
        if (swap == null) {
            return WritePlan.Section.of(offset, tensor);
        }
        return new WritePlan.Section(
                offset, tensor.byteSize(), tensor.name(), sink -> tensor.writeTo(swap.before(sink)));
    }
}
