package dev.modelfile.onnx.tensor;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.io.Region;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Elements in a typed field, decoded when they are read: numbers of varying length, one after the other, in one packed
/// field or in many. Reading on where the last reader stopped is as fast as reading from the start.
final class EntryData implements TensorData {
    private final Region file;
    private final ReadLimits limits;
    private final Message message;
    private final int field;
    private final int entryBytes;
    private final long count;
    /// A reader that stands somewhere, taken by whoever reads next; losing it costs time only.
    private volatile @Nullable Position resting;

    EntryData(Region file, ReadLimits limits, Message message, DataType type, long count) {
        this.file = file;
        this.limits = limits;
        this.message = message;
        this.field = type.field();
        this.entryBytes = type.entryBytes();
        this.count = count;
    }

    @Override
    public long byteSize() {
        return count * entryBytes;
    }

    @Override
    public @Nullable MemorySegment segment() {
        return null;
    }

    @Override
    public void read(long offset, MemorySegment target) throws IOException {
        Objects.checkFromIndexSize(offset, target.byteSize(), byteSize());
        if (target.byteSize() == 0) {
            return;
        }
        long first = offset / entryBytes;
        Position position = take(first);
        while (position.index < first) {
            position.next();
        }
        long done = 0;
        int skip = (int) (offset % entryBytes);
        while (done < target.byteSize()) {
            long value = position.next() >>> 8 * skip;
            int bytes = (int) Math.min(entryBytes - skip, target.byteSize() - done);
            for (int i = 0; i < bytes; i++) {
                target.set(ValueLayout.JAVA_BYTE, done + i, (byte) (value >>> 8 * i));
            }
            done += bytes;
            skip = 0;
        }
        resting = position;
    }

    private synchronized Position take(long first) {
        Position position = resting;
        resting = null;
        return position != null && position.index <= first ? position : new Position();
    }

    /// Where a reader is.
    private final class Position {
        private final WireCursor fields = new Walker(file, limits).cursor(message);
        private WireCursor.@Nullable Packed packed;
        private long index;

        long next() throws ModelFormatException {
            while (packed == null || !packed.hasNext()) {
                packed = null;
                if (!fields.next()) {
                    throw file.malformed("onnx.changed", "", -1, "the file has changed while it was open");
                }
                if (fields.field() != field || Kind.TENSOR.field(field, fields.type()) == null) {
                    continue;
                }
                if (fields.type() != WireCursor.LENGTH_DELIMITED) {
                    index++;
                    return fields.value();
                }
                packed = fields.packed();
            }
            index++;
            return fixed() > 0 ? packed.nextFixed(fixed()) : packed.next();
        }

        private int fixed() {
            return field == 4 ? 4 : field == 10 ? 8 : 0;
        }
    }
}
