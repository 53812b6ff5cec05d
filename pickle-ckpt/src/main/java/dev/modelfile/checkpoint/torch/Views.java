package dev.modelfile.checkpoint.torch;

import dev.modelfile.MalformedModelException;
import dev.modelfile.Shape;
import dev.modelfile.io.Region;
import dev.modelfile.spi.TensorData;
import java.util.Arrays;

/// Tensors as views of storages.
final class Views {
    /// A view as the arguments of a rebuild function describe it, in elements.
    ///
    /// @param offset of the first element
    /// @param size the dimensions
    /// @param stride for each dimension the distance between neighbours
    record View(long offset, long[] size, long[] stride) {}

    private Views() {}

    /// A range of other data.
    static TensorData range(TensorData data, long offset, long length) {
        return TensorData.strided(data, offset, 1, new long[] {length}, new long[] {1});
    }

    /// Strides of dense rows.
    static long[] dense(long[] size) {
        long[] stride = new long[size.length];
        long next = 1;
        for (int i = size.length - 1; i >= 0; i--) {
            stride[i] = next;
            next = Math.multiplyExact(next, Math.max(1, size[i]));
        }
        return stride;
    }

    /// The elements that a view shows.
    ///
    /// @throws MalformedModelException if it reaches outside the storage, or its sizes are impossible
    static TensorData of(StorageTable.Storage storage, TorchType type, View view, Region place, long at)
            throws MalformedModelException {
        if (view.size.length != view.stride.length || view.offset < 0) {
            throw malformed(
                    place,
                    at,
                    view.size.length + " sizes vs " + view.stride.length + " strides, offset " + view.offset);
        }
        try {
            return type.packed() == 1 ? strided(storage, type, view) : packed(storage, type, view);
        } catch (IndexOutOfBoundsException | ArithmeticException | IllegalArgumentException outside) {
            throw malformed(
                    place,
                    at,
                    "a view of size " + Arrays.toString(head(view.size)) + ", strides "
                            + Arrays.toString(head(view.stride)) + " and offset " + view.offset
                            + " does not fit a storage of " + storage.data().byteSize() + " bytes");
        }
    }

    private static long[] head(long[] numbers) {
        return Arrays.copyOf(numbers, Math.min(8, numbers.length));
    }

    private static TensorData strided(StorageTable.Storage storage, TorchType type, View view) {
        boolean empty = false;
        long end = Math.addExact(view.offset, 1);
        long[] strides = new long[view.stride.length];
        for (int i = 0; i < view.size.length; i++) {
            if (view.size[i] < 0 || view.stride[i] < 0) {
                throw new IllegalArgumentException("negative");
            }
            empty |= view.size[i] == 0;
            end = Math.addExact(end, Math.multiplyExact(view.size[i] - 1, view.stride[i]));
            strides[i] = Math.multiplyExact(view.stride[i], (long) type.unit());
        }
        // The number of elements has to be a number even if a dimension is zero.
        long elements = Shape.of(view.size).elements();
        storage.viewed(empty ? 0 : Math.multiplyExact(end, (long) type.unit()));
        long[] dims = empty || elements == 0 ? new long[] {0} : view.size;
        return TensorData.strided(
                storage.data(),
                Math.multiplyExact(view.offset, (long) type.unit()),
                type.unit(),
                dims,
                empty ? new long[] {type.unit()} : strides);
    }

    /// Quantised elements of less than a byte: dense and from the start, as PyTorch has them.
    private static TensorData packed(StorageTable.Storage storage, TorchType type, View view) {
        if (view.offset != 0 || !Arrays.equals(view.stride, dense(view.size))) {
            throw new IllegalArgumentException("not dense");
        }
        long bytes = type.dtype().byteSize(Shape.of(view.size));
        storage.viewed(bytes);
        return range(storage.data(), 0, bytes);
    }

    private static MalformedModelException malformed(Region place, long at, String problem) {
        return new MalformedModelException("checkpoint.view", place.source(), place.place(), at, problem);
    }
}
