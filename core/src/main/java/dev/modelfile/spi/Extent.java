package dev.modelfile.spi;

import dev.modelfile.io.MappedFile;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// A range of a mapped file; the slice of the mapping is made when it is asked for, to keep listings cheap.
record Extent(MappedFile file, long fileOffset, long byteSize) implements TensorData {
    Extent {
        Objects.checkFromIndexSize(fileOffset, byteSize, file.size());
    }

    @Override
    public MemorySegment segment() {
        return file.bytes().asSlice(fileOffset, byteSize);
    }

    @Override
    public void read(long offset, MemorySegment target) {
        Objects.checkFromIndexSize(offset, target.byteSize(), byteSize);
        MemorySegment.copy(file.bytes(), fileOffset + offset, target, 0, target.byteSize());
    }
}
