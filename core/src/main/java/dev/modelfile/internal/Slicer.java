package dev.modelfile.internal;

import dev.modelfile.DType;
import dev.modelfile.Index;
import dev.modelfile.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Works out which elements a NumPy slicing expression selects: for every dimension a start, a count and a step.
final class Slicer {
    private final Shape shape;
    private final long[] starts;
    private final long[] counts;
    private final long[] steps;
    private final boolean[] dropped;

    private Slicer(Shape shape) {
        this.shape = shape;
        this.starts = new long[shape.rank()];
        this.counts = shape.toArray();
        this.steps = new long[shape.rank()];
        this.dropped = new boolean[shape.rank()];
        Arrays.fill(steps, 1);
    }

    static Slicer of(Shape shape, List<Index> indices) {
        Slicer slicer = new Slicer(shape);
        List<Index> full = expand(indices, shape);
        for (int i = 0; i < full.size(); i++) {
            slicer.apply(i, full.get(i));
        }
        return slicer;
    }

    private static List<Index> expand(List<Index> indices, Shape shape) {
        long ellipses =
                indices.stream().filter(i -> i.kind() == Index.Kind.ELLIPSIS).count();
        int named = indices.size() - (int) ellipses;
        if (ellipses > 1) {
            throw new IllegalArgumentException("an index can only have a single ellipsis");
        }
        if (named > shape.rank()) {
            throw new IndexOutOfBoundsException("too many indices: " + named + " for shape " + shape);
        }
        List<Index> full = new ArrayList<>();
        for (Index index : indices) {
            if (index.kind() != Index.Kind.ELLIPSIS) {
                full.add(index);
            } else {
                for (int i = named; i < shape.rank(); i++) {
                    full.add(Index.all());
                }
            }
        }
        return full;
    }

    private void apply(int axis, Index index) {
        long length = shape.dim(axis);
        if (length < 0) {
            // Only tensors without elements have such dimensions; there is nothing to choose from.
            throw new IndexOutOfBoundsException("axis " + axis + " of " + shape + " is too long for an index");
        }
        if (index.kind() == Index.Kind.AT) {
            long at = Objects.requireNonNull(index.start());
            if (at >= length || at < -length) {
                throw new IndexOutOfBoundsException(
                        "index " + at + " is out of bounds for axis " + axis + " with size " + length);
            }
            starts[axis] = at < 0 ? at + length : at;
            counts[axis] = 1;
            dropped[axis] = true;
            return;
        }
        boolean forward = index.step() > 0;
        long lower = forward ? 0 : -1;
        long upper = forward ? length : length - 1;
        long start = bound(index.start(), forward ? lower : upper, length, lower, upper);
        long stop = bound(index.stop(), forward ? upper : lower, length, lower, upper);
        long span = forward ? stop - start : start - stop;
        long stride = index.step() == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(index.step());
        starts[axis] = start;
        counts[axis] = span <= 0 ? 0 : (span - 1) / stride + 1;
        // A single element needs no step; a huge one must not overflow later.
        steps[axis] = counts[axis] <= 1 ? 1 : index.step();
    }

    private static long bound(@Nullable Long given, long whenOpen, long length, long lower, long upper) {
        if (given == null) {
            return whenOpen;
        }
        return Math.clamp(given < 0 ? given + length : given, lower, upper);
    }

    Shape result() {
        long[] kept = new long[counts.length];
        int rank = 0;
        for (int i = 0; i < counts.length; i++) {
            if (!dropped[i]) {
                kept[rank++] = counts[i];
            }
        }
        return Shape.ofUnsigned(Arrays.copyOf(kept, rank));
    }

    /// The view of whole blocks: all dimensions count elements, except the innermost, which counts blocks.
    View blocks(DType dtype) {
        int per = dtype.blockElements();
        int last = counts.length - 1;
        if (!keepsBlocks(dtype)) {
            throw new IllegalArgumentException("columns " + starts[last] + " to " + (starts[last] + counts[last])
                    + " in steps of " + steps[last] + " cut " + dtype.name() + " blocks of " + per + " elements");
        }
        long[] strides = new long[counts.length];
        long[] dims = counts.clone();
        long stride = dtype.blockBytes();
        long start = 0;
        for (int i = last; i >= 0; i--) {
            long unit = i == last ? per : 1;
            start += starts[i] / unit * stride;
            strides[i] = steps[i] * stride;
            dims[i] = counts[i] / unit;
            stride = stride * (shape.dim(i) / unit);
        }
        return new View(start, dims, strides);
    }

    /// Byte offsets of a view.
    record View(long start, long[] dims, long[] strides) {}

    /// Whether every sub-byte element that is selected can be addressed as part of whole blocks.
    boolean keepsBlocks(DType dtype) {
        int per = dtype.blockElements();
        int last = counts.length - 1;
        return per == 1
                || (last >= 0
                        && steps[last] == 1
                        && starts[last] % per == 0
                        && counts[last] % per == 0
                        && shape.dim(last) % per == 0);
    }

    /// The flat index of the first selected element, and the distance between neighbours for each dimension, in
    /// elements.
    View elements() {
        long[] strides = new long[counts.length];
        long stride = 1;
        long start = 0;
        for (int i = counts.length - 1; i >= 0; i--) {
            start += starts[i] * stride;
            strides[i] = steps[i] * stride;
            stride *= shape.dim(i);
        }
        return new View(start, counts.clone(), strides);
    }
}
