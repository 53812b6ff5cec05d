package dev.modelfile.gguf.container;

import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.TensorData;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Tensor data of a big-endian file, turned into little-endian as it is read.
///
/// @param file the file
/// @param start where the data begins in it
/// @param byteSize bytes of the data, whole units
/// @param swap what is reversed
public record SwappedData(MappedFile file, long start, long byteSize, ByteSwap swap) implements TensorData {
    private static final long BUFFER = 1 << 16;

    /// The file holds other bytes than this.
    @Override
    public @Nullable MemorySegment segment() {
        return null;
    }

    @Override
    public @Nullable MappedFile file() {
        return null;
    }

    @Override
    public void read(long offset, MemorySegment target) {
        Objects.checkFromIndexSize(offset, target.byteSize(), byteSize);
        int unit = swap.unit();
        MemorySegment buffer = MemorySegment.ofArray(new byte[(int) Math.min(BUFFER, target.byteSize() + 2L * unit)]);
        long capacity = Math.max(1, buffer.byteSize() / unit) * unit;
        for (long done = 0; done < target.byteSize(); ) {
            long first = (offset + done) / unit * unit;
            long lead = offset + done - first;
            long wanted = Math.min(lead + target.byteSize() - done, capacity);
            long whole = Math.min((wanted + unit - 1) / unit * unit, Math.min(capacity, byteSize - first));
            MemorySegment piece = buffer.asSlice(0, whole);
            MemorySegment.copy(file.bytes(), start + first, piece, 0, whole);
            swap.apply(piece);
            long count = Math.min(whole - lead, target.byteSize() - done);
            MemorySegment.copy(piece, lead, target, done, count);
            done += count;
        }
    }
}
