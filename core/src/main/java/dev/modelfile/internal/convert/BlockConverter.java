package dev.modelfile.internal.convert;

import dev.modelfile.BlockType;
import dev.modelfile.DType;
import dev.modelfile.ScalarType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// From or to blocks, by way of floats; rows are encoded whole.
final class BlockConverter implements Converter {
    private static final int STEP = ScalarCodec.STEP;

    private final DType from;
    private final DType to;
    private final int row;
    private final @Nullable ScalarCodec reader;
    private final @Nullable ScalarCodec writer;
    private float[] floats = new float[0];

    BlockConverter(DType from, DType to, int row) {
        if (from instanceof BlockType block && !block.canDecode()) {
            throw new IllegalArgumentException(from.name() + " cannot be decoded");
        }
        if (to instanceof BlockType block && !block.canEncode()) {
            throw new IllegalArgumentException(to.name() + " cannot be encoded");
        }
        this.from = from;
        this.to = to;
        this.row = row;
        this.reader = from instanceof ScalarType type ? ScalarCodec.of(type, STEP) : null;
        this.writer = to instanceof ScalarType type ? ScalarCodec.of(type, STEP) : null;
    }

    @Override
    public void convert(MemorySegment source, long at, MemorySegment target, long out, int count) {
        if (floats.length < count) {
            floats = new float[count];
        }
        read(source, at, count);
        write(target, out, count);
    }

    private void read(MemorySegment source, long at, int count) {
        if (from instanceof BlockType block) {
            block.decode(source, at, floats, 0, count);
        } else if (reader != null) {
            for (int done = 0; done < count; done += STEP) {
                reader.toFloats(source, at + bytes(from, done), floats, done, Math.min(STEP, count - done));
            }
        }
    }

    private void write(MemorySegment target, long out, int count) {
        if (to instanceof BlockType block) {
            long rowBytes = (long) (row / to.blockElements()) * to.blockBytes();
            for (int i = 0; i < count / row; i++) {
                block.encode(floats, i * row, row, null, target, out + i * rowBytes);
            }
        } else if (writer != null) {
            for (int done = 0; done < count; done += STEP) {
                writer.fromFloats(floats, done, Math.min(STEP, count - done), target, out + bytes(to, done));
            }
        }
    }

    /// The bytes of whole steps.
    private static long bytes(DType type, int elements) {
        return (long) (elements / type.blockElements()) * type.blockBytes();
    }
}
