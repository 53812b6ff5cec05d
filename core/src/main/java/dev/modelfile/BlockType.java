package dev.modelfile;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A quantised type that stores a fixed number of consecutive elements of a row in a fixed number of bytes.
///
/// The core converts block types it has never heard of through the codec that the type itself brings, which is why
/// this branch of [DType] is open. Implementations are stateless and safe for use by many threads.
public non-sealed interface BlockType extends DType {

    /// Decodes whole blocks to floats.
    ///
    /// @param source bytes to read from
    /// @param sourceOffset where the first block begins, in bytes; any alignment
    /// @param target receives the elements
    /// @param targetOffset index of the first element in `target`
    /// @param elements how many elements to decode, a multiple of [#blockElements()]
    /// @throws UnsupportedOperationException if [#canDecode()] is false
    void decode(MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements);

    /// Encodes one whole row of a tensor.
    ///
    /// Some codecs look at statistics of the whole row, so a row must not be cut before it is passed here.
    ///
    /// @param source the row's values
    /// @param sourceOffset index of the first value
    /// @param elements the length of the row, a multiple of [#blockElements()]
    /// @param importance one weight per column of the row (an importance matrix row), or null for none; its first
    ///     weight belongs to the first element
    /// @param target receives the blocks
    /// @param targetOffset where the first block goes, in bytes
    /// @throws UnsupportedOperationException if [#canEncode()] is false
    /// @throws IllegalArgumentException if the row does not fill blocks, holds NaN or infinite values, or the type
    ///     needs an importance matrix and none is given
    void encode(
            float[] source,
            int sourceOffset,
            int elements,
            float @Nullable [] importance,
            MemorySegment target,
            long targetOffset);

    /// Whether [#decode] works.
    default boolean canDecode() {
        return true;
    }

    /// Whether [#encode] works.
    default boolean canEncode() {
        return true;
    }

    /// Whether [#encode] refuses to work without an importance matrix.
    default boolean needsImportance() {
        return false;
    }

    @Override
    default long byteSize(Shape shape) {
        long row = shape.rowElements();
        if (row % blockElements() != 0) {
            throw new IllegalArgumentException("rows of " + row + " elements do not fill " + name() + " blocks of "
                    + blockElements() + " elements");
        }
        return Math.multiplyExact(shape.elements() / blockElements(), (long) blockBytes());
    }
}
