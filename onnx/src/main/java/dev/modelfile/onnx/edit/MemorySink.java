package dev.modelfile.onnx.edit;

import dev.modelfile.TensorSink;
import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// Writes a file of a plan into memory.
public final class MemorySink implements TensorSink {
    private final MemorySegment target;
    private long at;

    private MemorySink(MemorySegment target) {
        this.target = target;
    }

    /// The bytes of a file.
    ///
    /// @throws IOException if a section cannot be had
    /// @throws ArithmeticException if it does not fit one array
    public static byte[] bytes(WritePlan.File file) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(file.size())];
        MemorySink sink = new MemorySink(MemorySegment.ofArray(bytes));
        for (WritePlan.Section section : file.sections()) {
            sink.at = section.offset();
            section.content().writeTo(sink);
        }
        return bytes;
    }

    @Override
    public void write(MemorySegment bytes) {
        MemorySegment.copy(bytes, 0, target, at, bytes.byteSize());
        at += bytes.byteSize();
    }

    @Override
    public void transfer(MappedFile file, long offset, long length) {
        write(file.bytes().asSlice(offset, length));
    }
}
