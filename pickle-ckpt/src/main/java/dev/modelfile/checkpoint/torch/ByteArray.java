package dev.modelfile.checkpoint.torch;

import dev.modelfile.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Bytes as metadata, without an object for each.
///
/// @param bytes the content
record ByteArray(MemorySegment bytes) implements Value.Array {
    @Override
    public Value.Type elementType() {
        return Value.Type.U8;
    }

    @Override
    public long size() {
        return bytes.byteSize();
    }

    @Override
    public Value get(long index) {
        return new Value.Int(Value.Type.U8, bytes.get(ValueLayout.JAVA_BYTE, index) & 0xFF);
    }

    @Override
    public String toString() {
        return bytes.byteSize() + " bytes";
    }
}
