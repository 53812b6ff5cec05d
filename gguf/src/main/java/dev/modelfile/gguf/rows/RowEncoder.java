package dev.modelfile.gguf.rows;

import dev.modelfile.DType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSink;
import dev.modelfile.TensorSource;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.gguf.container.Names;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// A tensor that is encoded row by row while it is written. Rows are independent, so that the bytes are the same
/// however many threads there are; what is held at a time is bounded by the number of threads.
///
/// @param source the tensor
/// @param type what it becomes
/// @param importance one weight for each column of each matrix, or null
/// @param pool encodes
/// @param parallel how many pieces are encoded at a time
public record RowEncoder(
        Tensor source, GgmlType type, float @Nullable [] importance, ExecutorService pool, int parallel)
        implements TensorSource {
    /// Elements of one piece of work.
    private static final int PIECE = 1 << 18;
    /// Rows are encoded whole, on the heap.
    private static final long LONGEST_ROW = 1L << 24;

    /// @throws IllegalArgumentException if the rows are too long, or the weights do not fit the tensor
    public RowEncoder {
        check(source, importance == null ? -1 : importance.length);
    }

    /// Refuses what cannot be encoded, whatever the values are.
    ///
    /// @param weights how many weights there are, -1 if none are used
    /// @throws IllegalArgumentException if the rows are too long, or the weights do not fit the tensor
    public static void check(Tensor source, int weights) {
        long row = source.shape().rowElements();
        if (row > LONGEST_ROW) {
            throw new IllegalArgumentException(place(source) + " has rows of " + row + " elements, more than the "
                    + LONGEST_ROW + " that are encoded; choose another type for it, such as the one it has");
        }
        if (weights >= 0 && weights != columns(source.shape())) {
            throw new IllegalArgumentException(place(source) + " has " + matrices(source.shape()) + " × " + row
                    + " columns, the importance matrix has " + weights
                    + " weights for it; it belongs to another model");
        }
    }

    private static String place(Tensor tensor) {
        return "tensor \"" + Names.shown(tensor.name()) + "\"";
    }

    /// The number of weights that a tensor takes: one for each column of each matrix.
    public static long columns(Shape shape) {
        return shape.rowElements() * matrices(shape);
    }

    private static long matrices(Shape shape) {
        return shape.rank() < 3 ? 1 : shape.dim(shape.rank() - 3);
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public DType dtype() {
        return type;
    }

    @Override
    public Shape shape() {
        return source.shape();
    }

    @Override
    public long byteSize() {
        return type.byteSize(source.shape());
    }

    @Override
    public void writeTo(TensorSink sink) throws IOException {
        if (source.shape().elements() == 0) {
            return;
        }
        int row = (int) source.shape().rowElements();
        long rows = source.shape().elements() / row;
        int step = Math.max(1, PIECE / row);
        Deque<Future<byte[]>> running = new ArrayDeque<>();
        try {
            for (long first = 0; first < rows; first += step) {
                long from = first;
                int count = (int) Math.min(step, rows - first);
                running.add(pool.submit(() -> encode(from, count)));
                if (running.size() > parallel) {
                    sink.write(MemorySegment.ofArray(result(running.remove())));
                }
            }
            while (!running.isEmpty()) {
                sink.write(MemorySegment.ofArray(result(running.remove())));
            }
        } finally {
            running.forEach(future -> future.cancel(true));
        }
    }

    private static byte[] result(Future<byte[]> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while encoding");
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case IOException problem -> throw problem;
                case RuntimeException problem -> throw problem;
                case Error problem -> throw problem;
                case null, default -> throw new IOException(failed);
            }
        }
    }

    private byte[] encode(long firstRow, int count) throws IOException {
        int row = (int) source.shape().rowElements();
        float[] values = new float[row * count];
        source.readInto(firstRow * row, values, 0, values.length);
        int rowBytes = Math.toIntExact(type.byteSize(Shape.of(row)));
        MemorySegment target = MemorySegment.ofArray(new byte[Math.multiplyExact(rowBytes, count)]);
        float[] weights = null;
        long weighted = -1;
        for (int i = 0; i < count; i++) {
            long matrix = matrixOf(firstRow + i);
            if (importance != null && matrix != weighted) {
                weights = weights(matrix, row);
                weighted = matrix;
            }
            try {
                type.encode(values, i * row, row, weights, target, (long) i * rowBytes);
            } catch (IllegalArgumentException refused) {
                throw new IllegalArgumentException(
                        place(source) + ", row " + (firstRow + i) + ": " + refused.getMessage()
                                + "; choose another type for it, such as the one it has",
                        refused);
            }
        }
        return (byte[]) target.heapBase().orElseThrow();
    }

    /// Which matrix of a stack a row belongs to.
    private long matrixOf(long row) {
        Shape shape = source.shape();
        return shape.rank() < 3 ? 0 : row / shape.dim(shape.rank() - 2) % shape.dim(shape.rank() - 3);
    }

    private float @Nullable [] weights(long matrix, int row) {
        if (importance == null || importance.length == row) {
            return importance;
        }
        int from = Math.toIntExact(matrix * row);
        return Arrays.copyOfRange(importance, from, from + row);
    }
}
