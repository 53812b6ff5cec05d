package dev.modelfile.gguf.container;

import dev.modelfile.Value;
import dev.modelfile.spi.Printable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/// An array over the bytes of the file. It costs this one object until elements are asked for. Arrays of strings and of
/// arrays get an index then, of one number for every [#STRIDE] elements.
public final class StoredArray implements Value.Array {
    private static final int STRIDE = 32;

    private final int elementId;
    private final long size;
    private final MemorySegment bytes;
    private final Encoding encoding;
    private volatile long[] index = {};

    /// Makes an array over bytes that have been checked.
    ///
    /// @param elementId the type number of the elements
    /// @param size the number of elements
    /// @param bytes the elements alone
    /// @param encoding how they are stored
    StoredArray(int elementId, long size, MemorySegment bytes, Encoding encoding) {
        this.elementId = elementId;
        this.size = size;
        this.bytes = bytes;
        this.encoding = encoding;
    }

    @Override
    public Type elementType() {
        return ValueTypes.type(elementId);
    }

    /// The type number of the elements.
    int elementId() {
        return elementId;
    }

    @Override
    public long size() {
        return size;
    }

    /// The elements as they are stored.
    MemorySegment bytes() {
        return bytes;
    }

    /// How they are stored.
    Encoding encoding() {
        return encoding;
    }

    @Override
    public Value get(long element) {
        Objects.checkIndex(element, size);
        int width = ValueTypes.width(elementId);
        if (width > 0) {
            return encoding.value(elementId, bytes, element * width);
        }
        long at = seek(element);
        long length = encoding.lengthBytes();
        if (elementId == ValueTypes.STRING) {
            return Value.text(
                    bytes.asSlice(at + length, encoding.length(bytes, at)).toArray(ValueLayout.JAVA_BYTE));
        }
        long begin = at + Integer.BYTES + length;
        long end = Skipping.skip(elementId, bytes, at, encoding);
        return new StoredArray(
                encoding.i32(bytes, at),
                encoding.length(bytes, at + Integer.BYTES),
                bytes.asSlice(begin, end - begin),
                encoding);
    }

    /// The number of bytes of a string element.
    long textLength(long element) {
        return encoding.length(bytes, seek(Objects.checkIndex(element, size)));
    }

    private long seek(long element) {
        long[] known = index;
        if (known.length == 0) {
            known = makeIndex();
            index = known;
        }
        long at = known[(int) (element / STRIDE)];
        for (long i = element % STRIDE; i > 0; i--) {
            at = Skipping.skip(elementId, bytes, at, encoding);
        }
        return at;
    }

    private long[] makeIndex() {
        long[] known = new long[Math.toIntExact((size - 1) / STRIDE + 1)];
        long at = 0;
        for (long i = 0; i < size; i++) {
            if (i % STRIDE == 0) {
                known[(int) (i / STRIDE)] = at;
            }
            at = Skipping.skip(elementId, bytes, at, encoding);
        }
        return known;
    }

    @Override
    public String toString() {
        return Printable.of(this);
    }
}
