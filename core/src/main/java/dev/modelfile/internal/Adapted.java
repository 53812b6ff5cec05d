package dev.modelfile.internal;

import dev.modelfile.DType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSink;
import dev.modelfile.TensorSource;
import dev.modelfile.io.Segments;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// A tensor source put together from its parts.
public record Adapted(String name, DType dtype, Shape shape, long byteSize, TensorSource.Content content)
        implements TensorSource {
    private static final int FLOATS_PER_PIECE = 1 << 16;

    /// @throws NullPointerException if a component is null
    public Adapted {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(shape, "shape");
        Objects.requireNonNull(content, "content");
    }

    @Override
    public void writeTo(TensorSink sink) throws IOException {
        content.writeTo(sink);
    }

    /// Writes floats in little-endian order.
    public static void writeFloats(float[] values, TensorSink sink) throws IOException {
        MemorySegment piece = MemorySegment.ofArray(new byte[4 * Math.min(values.length, FLOATS_PER_PIECE)]);
        for (int at = 0; at < values.length; at += FLOATS_PER_PIECE) {
            int count = Math.min(FLOATS_PER_PIECE, values.length - at);
            MemorySegment.copy(values, at, piece, Segments.LE_F32, 0, count);
            sink.write(piece.asSlice(0, 4L * count));
        }
    }
}
