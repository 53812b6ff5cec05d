package dev.modelfile.spi;

import dev.modelfile.TensorSink;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// Gathers small pieces for a sink.
final class SinkStream extends OutputStream {
    private final TensorSink sink;
    private final byte[] buffer = new byte[1 << 13];
    private int length;
    private long count;

    SinkStream(TensorSink sink) {
        this.sink = sink;
    }

    /// The bytes written so far.
    long count() {
        return count + length;
    }

    @Override
    public void write(int value) throws IOException {
        if (length == buffer.length) {
            flush();
        }
        buffer[length++] = (byte) value;
    }

    @Override
    public void write(byte[] bytes, int offset, int size) throws IOException {
        Objects.checkFromIndexSize(offset, size, bytes.length);
        if (size > buffer.length - length) {
            flush();
        }
        if (size > buffer.length) {
            sink.write(MemorySegment.ofArray(bytes).asSlice(offset, size));
            count += size;
            return;
        }
        System.arraycopy(bytes, offset, buffer, length, size);
        length += size;
    }

    @Override
    public void flush() throws IOException {
        if (length > 0) {
            sink.write(MemorySegment.ofArray(buffer).asSlice(0, length));
            count += length;
            length = 0;
        }
    }
}
