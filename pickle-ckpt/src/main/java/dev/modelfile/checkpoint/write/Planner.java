package dev.modelfile.checkpoint.write;

import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.checkpoint.torch.TorchType;
import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.Structure;
import dev.modelfile.spi.WritePlan;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Lays out a state dictionary as `torch.save` does: the pickle, the storages, the notes. Tensors that overlap in their
/// source file share one storage.
public final class Planner {
    private static final int ALIGNMENT = 64;
    /// The padding stands in an extra field, which is at most 64 KiB.
    private static final int MAX_ALIGNMENT = 1 << 15;
    private static final String ROOT = "archive/";

    private final Metadata metadata;
    private final WriteOptions options;
    private final Map<TensorSource, Place> places = new IdentityHashMap<>();
    private final List<Block> blocks = new ArrayList<>();

    /// One storage to write: a range of a file, or what one source writes.
    private static final class Block {
        final TensorSource source;
        final TorchType type;
        final @Nullable MappedFile file;
        final long start;
        long bytes;

        Block(TensorSource source, TorchType type, @Nullable MappedFile file, long start, long bytes) {
            this.source = source;
            this.type = type;
            this.file = file;
            this.start = start;
            this.bytes = bytes;
        }
    }

    /// Where a tensor is in its storage.
    private record Place(Block block, long offset) {}

    /// Plans with metadata and options.
    public Planner(Metadata metadata, WriteOptions options) {
        this.metadata = metadata;
        this.options = options;
    }

    /// Whether PyTorch has a type that a file can hold.
    public static boolean canStore(DType dtype) {
        TorchType type = TorchType.of(dtype);
        return type != null && type.packed() == 1;
    }

    /// Whether PyTorch can hold a type in a shape: it stores pairs of F4.
    public static boolean canStore(DType dtype, Shape shape) {
        return canStore(dtype) && (dtype != ScalarType.F4 || shape.rank() > 0 && shape.rowElements() % 2 == 0);
    }

    /// Lays out the file.
    ///
    /// @throws IllegalArgumentException if PyTorch cannot hold something: the message names it and the way out
    public WritePlan plan(Path target, List<TensorSource> tensors) {
        if (options.sharded()) {
            throw new IllegalArgumentException("a checkpoint is one file; leave out the bounds on shards");
        }
        int alignment = options.alignment() == 0 ? ALIGNMENT : options.alignment();
        if (alignment > MAX_ALIGNMENT) {
            throw new IllegalArgumentException("alignment " + alignment + " vs at most " + MAX_ALIGNMENT);
        }
        Set<String> names = new HashSet<>();
        for (TensorSource tensor : tensors) {
            check(tensor);
            if (!names.add(tensor.name())) {
                throw new IllegalArgumentException("two tensors are named \"" + tensor.name() + "\"");
            }
        }
        share(tensors);
        number(tensors);
        ZipLayout zip = new ZipLayout(alignment);
        zip.add(ROOT + "data.pkl", pickle(tensors));
        zip.add(ROOT + "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < blocks.size(); i++) {
            Block block = blocks.get(i);
            MappedFile file = block.file;
            TensorSource.Content content =
                    file == null ? block.source::writeTo : sink -> sink.transfer(file, block.start, block.bytes);
            zip.add(ROOT + "data/" + i, block.bytes, block.source.name(), content);
        }
        zip.add(ROOT + "version", "3\n".getBytes(StandardCharsets.US_ASCII));
        return new WritePlan(List.of(zip.finish(String.valueOf(target.getFileName()))));
    }

    private static void check(TensorSource tensor) {
        TorchType type = TorchType.of(tensor.dtype());
        if (type == null || type.packed() != 1) {
            throw new IllegalArgumentException("tensor \"" + tensor.name() + "\" is "
                    + tensor.dtype().name() + ", which PyTorch cannot store; convert it to another type");
        }
        if (!canStore(tensor.dtype(), tensor.shape())) {
            throw new IllegalArgumentException("tensor \"" + tensor.name() + "\" has rows of "
                    + tensor.shape().rowElements() + " F4 elements, and PyTorch stores pairs");
        }
    }

    /// Finds tensors whose bytes overlap in a mapped file and have one type.
    private void share(List<TensorSource> tensors) {
        record Range(Tensor tensor, TorchType type, MappedFile file, long start) {}
        List<Range> ranges = new ArrayList<>();
        Map<MappedFile, Integer> order = new IdentityHashMap<>();
        for (TensorSource source : tensors) {
            TorchType type = TorchType.of(source.dtype());
            if (source instanceof Tensor tensor && type != null && tensor.byteSize() > 0) {
                MappedFile file = tensor.part();
                if (file != null) {
                    order.putIfAbsent(file, order.size());
                    ranges.add(new Range(tensor, type, file, tensor.offset().orElse(0)));
                }
            }
        }
        ranges.sort(Comparator.comparing((Range range) -> order.getOrDefault(range.file(), 0))
                .thenComparing(range -> range.type().name())
                .thenComparingLong(Range::start));
        Block block = null;
        for (Range range : ranges) {
            long end = range.start() + range.tensor().byteSize();
            boolean joins = block != null
                    && block.file == range.file()
                    && block.type.equals(range.type())
                    && range.start() < block.start + block.bytes
                    && (range.start() - block.start) % range.type().unit() == 0;
            if (block == null || !joins) {
                block = new Block(range.tensor(), range.type(), range.file(), range.start(), 0);
            }
            block.bytes = Math.max(block.bytes, end - block.start);
            places.put(
                    range.tensor(),
                    new Place(
                            block, (range.start() - block.start) / range.type().unit()));
        }
    }

    /// Gives storages their order: that of the tensors that first need them.
    private void number(List<TensorSource> tensors) {
        Set<Block> seen = java.util.Collections.newSetFromMap(new IdentityHashMap<>());
        for (TensorSource tensor : tensors) {
            Place place = places.computeIfAbsent(
                    tensor,
                    source -> new Place(
                            new Block(
                                    source,
                                    java.util.Objects.requireNonNull(TorchType.of(source.dtype())),
                                    null,
                                    0,
                                    source.byteSize()),
                            0));
            if (seen.add(place.block())) {
                blocks.add(place.block());
            }
        }
    }

    private Structure pickle(List<TensorSource> tensors) {
        Map<Block, Integer> numbers = new IdentityHashMap<>();
        for (Block block : blocks) {
            numbers.put(block, numbers.size());
        }
        return out -> {
            PickleWriter pickle = new PickleWriter(out);
            pickle.begin(!metadata.isEmpty());
            for (TensorSource tensor : tensors) {
                Place place = java.util.Objects.requireNonNull(places.get(tensor));
                TorchType type = place.block().type;
                long elements = type.storage().isEmpty() ? place.block().bytes : place.block().bytes / type.unit();
                pickle.key(tensor.name());
                String storage = String.valueOf(numbers.get(place.block()));
                pickle.tensor(type, storage, elements, place.offset(), size(type, tensor.shape()));
            }
            pickle.end();
            if (!metadata.isEmpty()) {
                pickle.attribute(metadata);
            }
            pickle.finish();
        };
    }

    private static long[] size(TorchType type, Shape shape) {
        long[] size = shape.toArray();
        if (type.dtype() == ScalarType.F4) {
            size[size.length - 1] /= 2;
        }
        return size;
    }
}
