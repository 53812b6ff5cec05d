package dev.modelfile;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;

/// The dimensions of a tensor, outermost first: a matrix of 3 rows and 4 columns is `[3, 4]`.
///
/// A shape of rank 0 is a scalar of one element. Dimensions may be zero and go up to `Long.MAX_VALUE`; the element
/// count is checked once, when the shape is made, so [#elements()] never overflows.
public final class Shape {
    private static final Shape SCALAR = new Shape(new long[0], 1);

    private final long[] dims;
    private final long elements;

    private Shape(long[] dims, long elements) {
        this.dims = dims;
        this.elements = elements;
    }

    /// Makes a shape.
    ///
    /// @throws IllegalArgumentException if a dimension is negative
    /// @throws ArithmeticException if the product, taken from the left, does not fit a `long`
    public static Shape of(long... dims) {
        Objects.requireNonNull(dims, "dims");
        if (dims.length == 0) {
            return SCALAR;
        }
        long elements = 1;
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative dimension in " + Arrays.toString(dims));
            }
            elements = Math.multiplyExact(elements, dim);
        }
        return new Shape(dims.clone(), elements);
    }

    /// Makes a shape from unsigned dimensions. Some formats allow dimensions beyond `Long.MAX_VALUE` in tensors without
    /// elements; [#dim] then returns their two's complement bits.
    ///
    /// @throws ArithmeticException if the product does not fit a `long`
    public static Shape ofUnsigned(long... dims) {
        boolean beyond = false;
        for (long dim : dims) {
            if (dim == 0) {
                return new Shape(dims.clone(), 0);
            }
            beyond |= dim < 0;
        }
        if (beyond) {
            throw new ArithmeticException("too many elements in " + print(dims));
        }
        return of(dims);
    }

    /// The number of dimensions.
    public int rank() {
        return dims.length;
    }

    /// One dimension; 0 is the outermost.
    ///
    /// @throws IndexOutOfBoundsException if there is no such dimension
    public long dim(int index) {
        return dims[index];
    }

    /// The product of all dimensions, 1 for a scalar.
    public long elements() {
        return elements;
    }

    /// A copy of the dimensions.
    public long[] toArray() {
        return dims.clone();
    }

    /// The length of the innermost dimension, 1 for a scalar: the unit that block types quantise.
    public long rowElements() {
        return dims.length == 0 ? 1 : dims[dims.length - 1];
    }

    /// The number of rows of [#rowElements()] each: the product of all dimensions but the innermost; 0 if there are no
    /// elements.
    public long rows() {
        return elements == 0 ? 0 : elements / rowElements();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /// As in `[2, 3]`.
    @Override
    public String toString() {
        return print(dims);
    }

    private static String print(long[] dims) {
        return Arrays.stream(dims).mapToObj(Long::toUnsignedString).collect(Collectors.joining(", ", "[", "]"));
    }
}
