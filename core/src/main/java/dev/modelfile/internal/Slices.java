package dev.modelfile.internal;

import dev.modelfile.DType;
import dev.modelfile.Index;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.spi.TensorData;
import java.util.List;

/// Makes the data of a sliced tensor.
public final class Slices {
    private Slices() {}

    /// A selection: its shape and its bytes.
    ///
    /// @param shape the dimensions that remain
    /// @param data gathered when read
    public record Slice(Shape shape, TensorData data) {}

    /// Applies NumPy's basic indexing.
    ///
    /// @throws IndexOutOfBoundsException if an index lies outside its dimension or there are too many
    /// @throws IllegalArgumentException if the selection would cut blocks of a block type
    public static Slice of(TensorData data, DType dtype, Shape shape, List<Index> indices) {
        Slicer slicer = Slicer.of(shape, indices);
        Shape result = slicer.result();
        if (dtype instanceof ScalarType scalar && !slicer.keepsBlocks(dtype)) {
            return new Slice(result, new PackedView(data, scalar, slicer.elements(), result.elements()));
        }
        if (dtype.blockBytes() == 0) {
            throw new IllegalArgumentException("elements of type " + dtype.name() + " cannot be addressed");
        }
        Slicer.View view = slicer.blocks(dtype);
        return new Slice(
                result, TensorData.strided(data, view.start(), dtype.blockBytes(), view.dims(), view.strides()));
    }
}
