package dev.modelfile.spi;

import dev.modelfile.TensorSink;
import dev.modelfile.internal.StridedData;
import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Where the bytes of a tensor come from. The bytes are always those of the elements in row-major order, densely
/// packed and little-endian, whatever the file looks like; implementations over files that differ rearrange on the way.
///
/// Implementations are immutable and safe for use by many threads.
public interface TensorData {

    /// Number of bytes.
    long byteSize();

    /// All bytes if they lie in memory or in a mapping in just this form, read-only; null if they have to be gathered.
    @Nullable
    MemorySegment segment();

    /// Fills a segment with the bytes from `offset` on.
    ///
    /// @throws IOException if they cannot be had
    /// @throws IndexOutOfBoundsException if the range is not inside
    void read(long offset, MemorySegment target) throws IOException;

    /// The file that holds all bytes in this form in one piece, or null.
    default @Nullable MappedFile file() {
        return null;
    }

    /// Where in [#file()] they begin, -1 without one.
    default long fileOffset() {
        return -1;
    }

    /// Hands all bytes to a sink.
    ///
    /// @throws IOException if reading or writing fails
    default void writeTo(TensorSink sink) throws IOException {
        MappedFile file = file();
        MemorySegment all = segment();
        if (file != null) {
            sink.transfer(file, fileOffset(), byteSize());
        } else if (all != null) {
            sink.write(all);
        } else {
            StridedData.copy(this, sink);
        }
    }

    /// A range of a mapped file.
    ///
    /// @throws IndexOutOfBoundsException if the range is not inside the file
    static TensorData of(MappedFile file, long offset, long length) {
        return new Extent(file, offset, length);
    }

    /// Bytes in memory.
    static TensorData of(MemorySegment bytes) {
        return new InMemory(bytes.asReadOnly());
    }

    /// A strided view of other data, gathered when it is read.
    ///
    /// @param base what is viewed; its unit is a whole number of bytes
    /// @param start offset of the view's first element, in bytes
    /// @param unitBytes bytes of one element
    /// @param dims the dimensions of the view, outermost first
    /// @param strides for each dimension the distance between neighbours, in bytes; may be zero or negative
    /// @throws IndexOutOfBoundsException if the view reaches outside `base`
    /// @throws ArithmeticException if its extent does not fit a `long`
    static TensorData strided(TensorData base, long start, int unitBytes, long[] dims, long[] strides) {
        return StridedData.of(base, start, unitBytes, dims, strides);
    }
}
