package dev.modelfile;

import dev.modelfile.internal.Adapted;
import dev.modelfile.internal.convert.ConvertedSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// What a writer needs to know of a tensor: its description first, its bytes later and only once. A [Tensor] of an
/// open model is one; so is anything that can produce the bytes when its turn comes.
public interface TensorSource {

    /// Writes the bytes of a tensor; must write exactly as many as announced.
    @FunctionalInterface
    interface Content {
        /// Writes everything, in order.
        ///
        /// @throws IOException if the bytes cannot be had or taken
        void writeTo(TensorSink sink) throws IOException;
    }

    /// The name.
    String name();

    /// The element type.
    DType dtype();

    /// The dimensions, outermost first.
    Shape shape();

    /// The number of bytes that [#writeTo] will write.
    long byteSize();

    /// Writes the elements, row-major, little-endian, packed as [#dtype()] says.
    ///
    /// @throws IOException if reading or writing fails
    void writeTo(TensorSink sink) throws IOException;

    /// The same tensor under another name.
    default TensorSource named(String newName) {
        return newName.equals(name()) ? this : new Adapted(newName, dtype(), shape(), byteSize(), this::writeTo);
    }

    /// The same tensor converted to another type while it is written, a chunk at a time.
    ///
    /// Floats round to nearest, ties to even, in one step; NaN stays NaN where the target has one. What overflows
    /// becomes infinite where the target has infinities; F8_E4M3, F6 and F4 saturate; the FNUZ kinds and F8_E8M0 give
    /// NaN, and F8_E8M0 does so for whatever is not positive. Floats become integers by truncation, saturating, NaN
    /// becoming 0; wide integers become narrow ones by dropping high bits. Blocks are decoded to F32 first.
    ///
    /// @throws IllegalArgumentException if there is no such conversion: from or to an [OpaqueType], from a complex to
    ///     a real type, to a block type that cannot encode or whose blocks the rows do not fill
    default TensorSource as(DType target) {
        return target.equals(dtype()) ? this : ConvertedSource.of(this, target);
    }

    /// A tensor whose bytes are produced when they are written.
    ///
    /// @param content must write exactly `dtype.byteSize(shape)` bytes
    /// @throws IllegalArgumentException if the size is not defined, see [DType#byteSize]
    static TensorSource deferred(String name, DType dtype, Shape shape, Content content) {
        return new Adapted(name, dtype, shape, dtype.byteSize(shape), content);
    }

    /// An F32 tensor from values.
    ///
    /// @param values the elements, row-major; not copied
    /// @throws IllegalArgumentException if their number is not that of the shape
    static TensorSource of(String name, Shape shape, float... values) {
        if (values.length != shape.elements()) {
            throw new IllegalArgumentException(
                    "shape " + shape + " has " + shape.elements() + " elements, got " + values.length);
        }
        return deferred(name, ScalarType.F32, shape, sink -> Adapted.writeFloats(values, sink));
    }

    /// A tensor from its stored bytes.
    ///
    /// @param bytes the elements, row-major, little-endian; not copied
    /// @throws IllegalArgumentException if their number is not that of the type and shape
    static TensorSource of(String name, DType dtype, Shape shape, MemorySegment bytes) {
        if (bytes.byteSize() != dtype.byteSize(shape)) {
            throw new IllegalArgumentException(
                    dtype.name() + " " + shape + " takes " + dtype.byteSize(shape) + " bytes, got " + bytes.byteSize());
        }
        return deferred(name, dtype, shape, sink -> sink.write(bytes));
    }
}
