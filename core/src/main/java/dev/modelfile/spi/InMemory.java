package dev.modelfile.spi;

import java.lang.foreign.MemorySegment;

/// Bytes that are in memory already.
record InMemory(MemorySegment segment) implements TensorData {
    @Override
    public long byteSize() {
        return segment.byteSize();
    }

    @Override
    public void read(long offset, MemorySegment target) {
        MemorySegment.copy(segment, offset, target, 0, target.byteSize());
    }
}
