package dev.modelfile;

import dev.modelfile.internal.Digests;
import dev.modelfile.internal.Slices;
import dev.modelfile.internal.convert.Decoding;
import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// A tensor of an open model: its description, and its elements on request. Lazy, immutable and safe for use by many
/// threads; it must not be used after the model is closed.
///
/// The name of a method tells its cost: [#segment()] is free, [#readInto] fills memory of yours, and what begins with
/// `to` allocates.
public final class Tensor implements TensorSource {
    private final String name;
    private final DType dtype;
    private final Shape shape;
    private final TensorData data;

    /// Makes a tensor. Applications get theirs from a [ModelFile]; this is for format implementations.
    ///
    /// @param name the name; may be empty
    /// @param dtype the element type
    /// @param shape the dimensions, outermost first
    /// @param data the elements, row-major, little-endian, packed as `dtype` says
    public Tensor(String name, DType dtype, Shape shape, TensorData data) {
        this.name = Objects.requireNonNull(name, "name");
        this.dtype = Objects.requireNonNull(dtype, "dtype");
        this.shape = Objects.requireNonNull(shape, "shape");
        this.data = Objects.requireNonNull(data, "data");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public DType dtype() {
        return dtype;
    }

    @Override
    public Shape shape() {
        return shape;
    }

    @Override
    public long byteSize() {
        return data.byteSize();
    }

    /// The file that holds the bytes in one piece; empty if they are gathered or computed.
    public @Nullable MappedFile part() {
        return data.file();
    }

    TensorData data() {
        return data;
    }

    /// Absolute offset of the first byte in [#part()]; empty if the bytes are gathered or computed.
    public OptionalLong offset() {
        return data.file() == null ? OptionalLong.empty() : OptionalLong.of(data.fileOffset());
    }

    /// Whether [#segment()] works, because the bytes lie in one piece in the mapping or in memory.
    public boolean isMapped() {
        return data.file() != null || data.segment() != null;
    }

    /// The stored bytes, read-only, without copying: a view of the mapping that is valid until the model is closed.
    ///
    /// @throws IllegalStateException if the bytes are gathered or computed, see [#isMapped()]; [#toSegment] always
    ///     works
    public MemorySegment segment() {
        MemorySegment all = data.segment();
        if (all == null) {
            throw new IllegalStateException(
                    "the bytes of \"" + name + "\" do not lie in one piece; use toSegment(arena) for a copy");
        }
        return all;
    }

    /// The stored bytes as a buffer for interfaces that take one: read-only, little-endian, without copying, and valid
    /// until the model is closed. Memory that is mapped makes a direct buffer, which native code reads in place; such
    /// code does not notice when the model is closed, so close it last.
    ///
    /// @throws IllegalStateException if the bytes are gathered or computed, or more than a buffer holds; the other
    ///     [#asByteBuffer(long, int)] shows parts of larger tensors
    public ByteBuffer asByteBuffer() {
        if (byteSize() > Integer.MAX_VALUE) {
            throw new IllegalStateException("\"" + name + "\" has " + byteSize()
                    + " bytes, more than a buffer holds; use asByteBuffer(offset, length)");
        }
        return asByteBuffer(0, (int) byteSize());
    }

    /// A part of the stored bytes, as [#asByteBuffer()].
    ///
    /// @param offset where it begins in the tensor, in bytes
    /// @param length how many bytes
    /// @throws IllegalStateException if the bytes are gathered or computed, see [#isMapped()]
    /// @throws IndexOutOfBoundsException if the range is not inside the tensor
    public ByteBuffer asByteBuffer(long offset, int length) {
        return segment().asSlice(offset, length).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /// A copy of the bytes.
    ///
    /// @param arena owns the copy
    /// @throws IOException if they cannot be had
    public MemorySegment toSegment(Arena arena) throws IOException {
        MemorySegment copy = arena.allocate(byteSize(), 64);
        data.read(0, copy);
        return copy;
    }

    /// Fills a segment with stored bytes.
    ///
    /// @param offset where to begin in the tensor, in bytes
    /// @throws IOException if they cannot be had
    /// @throws IndexOutOfBoundsException if the range is not inside the tensor
    public void readInto(long offset, MemorySegment target) throws IOException {
        data.read(offset, target);
    }

    /// Decodes elements to floats, whatever the type; wider numbers are rounded to nearest even.
    ///
    /// @param first index of the first element, row-major
    /// @param target receives the elements
    /// @param offset index of the first element in `target`
    /// @param count how many elements
    /// @throws IOException if the bytes cannot be had
    /// @throws UnsupportedModelException if the type has no number values: complex, opaque, or no decoder
    /// @throws IndexOutOfBoundsException if a range is not inside
    public void readInto(long first, float[] target, int offset, int count) throws IOException {
        Objects.checkFromIndexSize(first, (long) count, shape.elements());
        Objects.checkFromIndexSize(offset, count, target.length);
        Decoding.floats(this, data, first, target, offset, count);
    }

    /// Decodes elements to floats into what remains of a buffer, and moves its position to its limit.
    ///
    /// @param first index of the first element, row-major
    /// @param target receives as many elements as remain in it, in its own byte order
    /// @throws IOException if the bytes cannot be had; the position does not move then
    /// @throws UnsupportedModelException if the type has no number values: complex, opaque, or no decoder
    /// @throws IndexOutOfBoundsException if the tensor has fewer elements
    /// @throws java.nio.ReadOnlyBufferException if the buffer is read-only
    public void readInto(long first, FloatBuffer target) throws IOException {
        Objects.checkFromIndexSize(first, (long) target.remaining(), shape.elements());
        Decoding.floats(this, data, first, target);
    }

    /// Decodes elements to floats in the byte order of the machine and fills a segment with them, on the heap or
    /// outside, of any size. What `readInto` does with a segment is something else: that copies stored bytes.
    ///
    /// @param first index of the first element, row-major
    /// @param target receives as many elements as it has room for
    /// @throws IOException if the bytes cannot be had
    /// @throws UnsupportedModelException if the type has no number values: complex, opaque, or no decoder
    /// @throws IndexOutOfBoundsException if the tensor has fewer elements
    /// @throws IllegalArgumentException if the segment is read-only, or its size not that of a number of floats
    public void decodeInto(long first, MemorySegment target) throws IOException {
        if (target.byteSize() % Float.BYTES != 0) {
            throw new IllegalArgumentException("a segment of " + target.byteSize() + " bytes holds no whole floats");
        }
        Objects.checkFromIndexSize(first, target.byteSize() / Float.BYTES, shape.elements());
        Decoding.floats(this, data, first, target);
    }

    /// What is done with a row.
    @FunctionalInterface
    public interface RowAction {
        /// Takes one row.
        ///
        /// @param index which one, from 0
        /// @param row its elements; the array is used again for the next one
        /// @throws IOException to end the iteration
        void accept(long index, float[] row) throws IOException;
    }

    /// Decodes one row after the other, from the first to the last: the vectors of an embedding matrix, whatever its
    /// type. A row is what lies along the innermost dimension; there are [Shape#rows()], and a slice has those that it
    /// shows. Nothing is allocated for a row.
    ///
    /// @param action is given each row in an array that all rows share
    /// @throws IOException if the bytes cannot be had, or as the action throws it
    /// @throws UnsupportedModelException if the type has no number values: complex, opaque, or no decoder
    /// @throws IllegalStateException if a row has more elements than an array holds
    public void forEachRow(RowAction action) throws IOException {
        float[] row = new float[arrayLength(shape.rows() == 0 ? 0 : shape.rowElements())];
        Decoding.rows(this, data, row, action);
    }

    /// Decodes elements to doubles; only 64-bit integers are rounded.
    ///
    /// @param first index of the first element, row-major
    /// @param target receives the elements
    /// @param offset index of the first element in `target`
    /// @param count how many elements
    /// @throws IOException if the bytes cannot be had
    /// @throws UnsupportedModelException if the type has no number values: complex, opaque, or no decoder
    /// @throws IndexOutOfBoundsException if a range is not inside
    public void readInto(long first, double[] target, int offset, int count) throws IOException {
        Objects.checkFromIndexSize(first, (long) count, shape.elements());
        Objects.checkFromIndexSize(offset, count, target.length);
        Decoding.doubles(this, data, first, target, offset, count);
    }

    /// Decodes elements to integers; floats are truncated, U64 keeps its bits.
    ///
    /// @param first index of the first element, row-major
    /// @param target receives the elements
    /// @param offset index of the first element in `target`
    /// @param count how many elements
    /// @throws IOException if the bytes cannot be had
    /// @throws UnsupportedModelException if the type has no number values: complex, opaque, or no decoder
    /// @throws IndexOutOfBoundsException if a range is not inside
    public void readInto(long first, long[] target, int offset, int count) throws IOException {
        Objects.checkFromIndexSize(first, (long) count, shape.elements());
        Objects.checkFromIndexSize(offset, count, target.length);
        Decoding.longs(this, data, first, target, offset, count);
    }

    /// All elements as floats, row-major.
    ///
    /// @throws IOException if the bytes cannot be had, or the type has no number values
    /// @throws IllegalStateException if there are more elements than an array holds; read in parts then
    public float[] toFloatArray() throws IOException {
        float[] all = new float[arrayLength(shape.elements())];
        readInto(0, all, 0, all.length);
        return all;
    }

    /// All elements as doubles, row-major.
    ///
    /// @throws IOException if the bytes cannot be had, or the type has no number values
    /// @throws IllegalStateException if there are more elements than an array holds; read in parts then
    public double[] toDoubleArray() throws IOException {
        double[] all = new double[arrayLength(shape.elements())];
        readInto(0, all, 0, all.length);
        return all;
    }

    /// All elements as integers, row-major.
    ///
    /// @throws IOException if the bytes cannot be had, or the type has no number values
    /// @throws IllegalStateException if there are more elements than an array holds; read in parts then
    public long[] toLongArray() throws IOException {
        long[] all = new long[arrayLength(shape.elements())];
        readInto(0, all, 0, all.length);
        return all;
    }

    private int arrayLength(long elements) {
        if (elements > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("\"" + name + "\" has " + elements + " elements"
                    + (elements == shape.elements() ? "" : " in a row")
                    + ", more than an array holds; use readInto(first, …)");
        }
        return (int) elements;
    }

    /// A part of this tensor by NumPy's rules: `slice("1:3, -1, ::2")`. Nothing is read yet; reading touches only the
    /// bytes that the slice shows.
    ///
    /// @throws IllegalArgumentException if the expression is none, or would cut the blocks of a block type
    /// @throws IndexOutOfBoundsException if an index lies outside its dimension, or there are too many
    public Tensor slice(String expression) {
        return slice(Index.parse(expression));
    }

    /// A part of this tensor by NumPy's rules, one index for each dimension from the outermost on.
    ///
    /// @throws IllegalArgumentException if there are two ellipses, or the blocks of a block type would be cut
    /// @throws IndexOutOfBoundsException if an index lies outside its dimension, or there are too many
    public Tensor slice(List<Index> indices) {
        Slices.Slice slice = Slices.of(data, dtype, shape, indices);
        return new Tensor(name, dtype, slice.shape(), slice.data());
    }

    @Override
    public Tensor named(String newName) {
        return new Tensor(newName, dtype, shape, data);
    }

    /// The same elements in other dimensions, of which there are as many.
    Tensor reshaped(Shape newShape) {
        return new Tensor(name, dtype, newShape, data);
    }

    @Override
    public void writeTo(TensorSink sink) throws IOException {
        data.writeTo(sink);
    }

    /// SHA-256 of the elements as lower-case hex: row-major, little-endian, sub-byte and block types as stored. Equal
    /// tensors have equal digests in every format.
    ///
    /// @throws IOException if the bytes cannot be had
    public String sha256() throws IOException {
        return Digests.hex("SHA-256", this);
    }

    /// As in `lm_head.weight BF16 [32000, 4096]`.
    @Override
    public String toString() {
        return name + " " + dtype.name() + " " + shape;
    }
}
