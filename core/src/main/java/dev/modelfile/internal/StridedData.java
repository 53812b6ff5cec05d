package dev.modelfile.internal;

import dev.modelfile.TensorSink;
import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A view with strides: slices of tensors, transposed and expanded tensors. Reads only the bytes that it shows.
public final class StridedData implements TensorData {
    private static final int PIECE = 1 << 20;

    private final TensorData base;
    private final long start;
    /// Bytes that lie together: the element, grown by every inner dimension that is dense.
    private final long run;
    private final long[] dims;
    private final long[] strides;
    private final long size;

    private StridedData(TensorData base, long start, long run, long[] dims, long[] strides, long size) {
        this.base = base;
        this.start = start;
        this.run = run;
        this.dims = dims;
        this.strides = strides;
        this.size = size;
    }

    /// See [TensorData#strided].
    public static TensorData of(TensorData base, long start, int unitBytes, long[] dims, long[] strides) {
        long size = unitBytes;
        long low = start;
        long high = Math.addExact(start, unitBytes);
        for (long dim : dims) {
            if (dim == 0) {
                return TensorData.of(MemorySegment.ofArray(new byte[0]));
            }
        }
        for (long dim : dims) {
            size = Math.multiplyExact(size, dim);
        }
        for (int i = 0; i < dims.length; i++) {
            long reach = Math.multiplyExact(dims[i] - 1, strides[i]);
            low = Math.addExact(low, Math.min(0, reach));
            high = Math.addExact(high, Math.max(0, reach));
        }
        Objects.checkFromToIndex(low, high, base.byteSize());
        int outer = dims.length;
        long run = unitBytes;
        while (outer > 0 && (strides[outer - 1] == run || dims[outer - 1] == 1)) {
            run *= dims[--outer];
        }
        if (outer == 0 && base.file() != null) {
            return TensorData.of(Objects.requireNonNull(base.file()), base.fileOffset() + start, size);
        }
        if (outer == 0 && base.segment() != null) {
            return TensorData.of(Objects.requireNonNull(base.segment()).asSlice(start, size));
        }
        long[] outerDims = Arrays.copyOf(dims, outer);
        return new StridedData(base, start, run, outerDims, Arrays.copyOf(strides, outer), size);
    }

    /// The bytes of the first elements that lie together.
    public TensorData first() {
        MappedFile file = base.file();
        return file == null ? this : TensorData.of(file, base.fileOffset() + start, run);
    }

    @Override
    public long byteSize() {
        return size;
    }

    @Override
    public @Nullable MemorySegment segment() {
        return null;
    }

    @Override
    public void read(long offset, MemorySegment target) throws IOException {
        Objects.checkFromIndexSize(offset, target.byteSize(), size);
        long[] index = new long[dims.length];
        long first = offset / run;
        long at = start;
        for (int i = dims.length - 1; i >= 0; i--) {
            index[i] = first % dims[i];
            at += index[i] * strides[i];
            first /= dims[i];
        }
        MemorySegment all = base.segment();
        long within = offset % run;
        for (long done = 0; done < target.byteSize(); ) {
            long length = Math.min(run - within, target.byteSize() - done);
            copyRun(all, at + within, target, done, length);
            done += length;
            within = 0;
            at = advance(index, at);
        }
    }

    private void copyRun(@Nullable MemorySegment all, long from, MemorySegment target, long to, long length)
            throws IOException {
        if (all == null) {
            base.read(from, target.asSlice(to, length));
        } else if (length <= 16) {
            for (int i = 0; i < length; i++) {
                target.set(ValueLayout.JAVA_BYTE, to + i, all.get(ValueLayout.JAVA_BYTE, from + i));
            }
        } else {
            MemorySegment.copy(all, from, target, to, length);
        }
    }

    /// Moves to the next run, like an odometer, and returns its offset.
    private long advance(long[] index, long at) {
        for (int i = dims.length - 1; i >= 0; i--) {
            at += strides[i];
            if (++index[i] < dims[i]) {
                return at;
            }
            at -= strides[i] * dims[i];
            index[i] = 0;
        }
        return at;
    }

    /// Hands gathered data to a sink, a piece at a time.
    public static void copy(TensorData data, TensorSink sink) throws IOException {
        MemorySegment piece = MemorySegment.ofArray(new byte[(int) Math.min(PIECE, data.byteSize())]);
        for (long at = 0; at < data.byteSize(); ) {
            MemorySegment part = piece.asSlice(0, Math.min(piece.byteSize(), data.byteSize() - at));
            data.read(at, part);
            sink.write(part);
            at += part.byteSize();
        }
    }
}
