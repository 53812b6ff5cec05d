package dev.modelfile;

import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// Takes the bytes of a tensor, in order, in pieces of any size.
@FunctionalInterface
public interface TensorSink {

    /// Takes the next bytes. They are consumed before this returns; the segment may be reused afterwards.
    ///
    /// @throws IOException if they cannot be taken
    void write(MemorySegment bytes) throws IOException;

    /// Takes the next bytes from a range of a file. A sink that is a file itself lets the kernel copy them. The mapping
    /// is not needed any more when this returns.
    ///
    /// @throws IOException if they cannot be taken
    default void transfer(MappedFile file, long offset, long length) throws IOException {
        file.writeTo(this, offset, length);
    }
}
