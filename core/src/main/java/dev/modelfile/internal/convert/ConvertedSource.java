package dev.modelfile.internal.convert;

import dev.modelfile.BlockType;
import dev.modelfile.DType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSink;
import dev.modelfile.TensorSource;
import dev.modelfile.spi.Printable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// A tensor that is converted while it is written.
public final class ConvertedSource implements TensorSource {
    /// Elements converted at once: large enough to make calls cheap, small enough for the second-level cache.
    private static final int CHUNK = 1 << 16;
    /// Rows are encoded whole, on the heap.
    private static final int MAX_ROW = 1 << 24;

    private final TensorSource source;
    private final DType dtype;
    private final int row;
    private final int chunk;

    private ConvertedSource(TensorSource source, DType dtype, int row, int chunk) {
        this.source = source;
        this.dtype = dtype;
        this.row = row;
        this.chunk = chunk;
    }

    /// See [TensorSource#as].
    public static TensorSource of(TensorSource source, DType target) {
        long row = source.shape().rowElements();
        int chunk = CHUNK;
        if (target instanceof BlockType) {
            if (row > MAX_ROW) {
                throw new IllegalArgumentException("\"" + source.name() + "\" has rows of " + row
                        + " elements, more than the " + MAX_ROW + " that can be encoded as " + target.name());
            }
            chunk = row == 0 ? CHUNK : (int) (Math.max(1, CHUNK / row) * row);
        }
        try {
            target.byteSize(source.shape());
            Converter.of(source.dtype(), target, (int) Math.min(row, MAX_ROW), 0);
        } catch (IllegalArgumentException impossible) {
            throw new IllegalArgumentException(
                    "tensor \"" + Printable.of(source.name()) + "\": " + impossible.getMessage(), impossible);
        }
        return new ConvertedSource(source, target, (int) Math.min(row, MAX_ROW), chunk);
    }

    @Override
    public String name() {
        return source.name();
    }

    @Override
    public DType dtype() {
        return dtype;
    }

    @Override
    public Shape shape() {
        return source.shape();
    }

    @Override
    public long byteSize() {
        return dtype.byteSize(source.shape());
    }

    @Override
    public void writeTo(TensorSink sink) throws IOException {
        if (source.shape().elements() == 0) {
            return;
        }
        if (source instanceof Tensor tensor && ParallelConversion.suits(tensor, dtype, chunk)) {
            new ParallelConversion(tensor, dtype, row, chunk).writeTo(sink);
            return;
        }
        Stream stream = new Stream(sink);
        source.writeTo(stream);
        stream.finish();
    }

    /// Cuts what the source writes into chunks and converts each.
    private final class Stream implements TensorSink {
        private final TensorSink sink;
        private final Converter converter;
        private final long chunkBytes = bytes(source.dtype(), chunk);
        private final MemorySegment pending;
        private final MemorySegment output;
        private long filled;
        private long remaining = source.shape().elements();

        Stream(TensorSink sink) {
            this.sink = sink;
            int largest = (int) Math.min(chunk, remaining);
            this.converter = Converter.of(source.dtype(), dtype, row, largest);
            this.pending = MemorySegment.ofArray(new byte[Math.toIntExact(bytes(source.dtype(), largest))]);
            this.output = MemorySegment.ofArray(new byte[Math.toIntExact(bytes(dtype, largest))]);
        }

        private static long bytes(DType type, long elements) {
            return type.byteSize(Shape.of(elements));
        }

        @Override
        public void write(MemorySegment bytes) throws IOException {
            long at = 0;
            while (at < bytes.byteSize()) {
                long left = bytes.byteSize() - at;
                if (filled == 0 && left >= chunkBytes) {
                    emit(bytes, at, chunk);
                    at += chunkBytes;
                } else {
                    long taken = Math.min(left, pending.byteSize() - filled);
                    MemorySegment.copy(bytes, at, pending, filled, taken);
                    at += taken;
                    filled += taken;
                    flush();
                }
            }
        }

        private void flush() throws IOException {
            long elements = Math.min(chunk, remaining);
            if (remaining == 0) {
                throw tooMany();
            }
            if (filled == bytes(source.dtype(), elements)) {
                filled = 0;
                emit(pending, 0, (int) elements);
            } else if (filled == pending.byteSize()) {
                throw tooMany();
            }
        }

        private void emit(MemorySegment bytes, long at, int elements) throws IOException {
            if (elements > remaining) {
                throw tooMany();
            }
            converter.convert(bytes, at, output, 0, elements);
            remaining -= elements;
            sink.write(output.asSlice(0, bytes(dtype, elements)));
        }

        private IOException tooMany() {
            return new IOException("\"" + name() + "\" wrote more bytes than its shape " + shape() + " has");
        }

        void finish() throws IOException {
            if (remaining > 0) {
                throw new IOException(
                        "\"" + name() + "\" wrote " + remaining + " elements less than its shape " + shape() + " has");
            }
        }
    }
}
