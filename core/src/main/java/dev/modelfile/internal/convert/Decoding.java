package dev.modelfile.internal.convert;

import dev.modelfile.BlockType;
import dev.modelfile.Index;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.UnsupportedModelException;
import dev.modelfile.internal.Slices;
import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.List;

/// Random access to the numbers of a tensor.
public final class Decoding {
    /// Elements that are gathered at once where they do not lie in one piece.
    private static final int CHUNK = 1 << 16;
    /// Elements that take a way round through an array of ours: few enough to stay in the cache.
    private static final int PIECE = 1 << 14;

    private Decoding() {}

    /// Takes at most [ScalarCodec#STEP] elements at a place in memory.
    private interface Run {
        void accept(MemorySegment bytes, long offset, int done, int count);
    }

    /// See [Tensor#readInto(long, float[], int, int)].
    public static void floats(Tensor tensor, TensorData data, long first, float[] target, int at, int count)
            throws IOException {
        FloatReader.of(tensor, data, count).read(first, target, at, count);
    }

    /// See [Tensor#decodeInto].
    public static void floats(Tensor tensor, TensorData data, long first, MemorySegment target) throws IOException {
        if (target.isReadOnly()) {
            throw new IllegalArgumentException("the segment to decode into is read-only");
        }
        long count = target.byteSize() / Float.BYTES;
        FloatReader reader = FloatReader.of(tensor, data, count);
        if (target.heapBase().orElse(null) instanceof float[] array && target.address() % Float.BYTES == 0) {
            reader.read(first, array, (int) (target.address() / Float.BYTES), (int) count);
        } else if (tensor.dtype() == ScalarType.F32 && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
            data.read(first * Float.BYTES, target);
        } else {
            float[] piece = new float[(int) Math.min(PIECE, count)];
            for (long done = 0; done < count; done += piece.length) {
                int n = (int) Math.min(piece.length, count - done);
                reader.read(first + done, piece, 0, n);
                MemorySegment.copy(piece, 0, target, ValueLayout.JAVA_FLOAT_UNALIGNED, done * Float.BYTES, n);
            }
        }
    }

    /// See [Tensor#readInto(long, FloatBuffer)].
    public static void floats(Tensor tensor, TensorData data, long first, FloatBuffer target) throws IOException {
        if (target.isReadOnly()) {
            throw new ReadOnlyBufferException();
        }
        if (target.order() == ByteOrder.nativeOrder()) {
            floats(tensor, data, first, MemorySegment.ofBuffer(target));
        } else {
            FloatReader reader = FloatReader.of(tensor, data, target.remaining());
            float[] piece = new float[Math.min(PIECE, target.remaining())];
            for (int done = 0; done < target.remaining(); done += piece.length) {
                int n = Math.min(piece.length, target.remaining() - done);
                reader.read(first + done, piece, 0, n);
                target.put(target.position() + done, piece, 0, n);
            }
        }
        target.position(target.limit());
    }

    /// See [Tensor#forEachRow].
    public static void rows(Tensor tensor, TensorData data, float[] row, Tensor.RowAction action) throws IOException {
        FloatReader reader = FloatReader.of(tensor, data, tensor.shape().elements());
        long rows = tensor.shape().rows();
        if (rows == 0) {
            return;
        }
        // Gathering costs as much for many rows as for one, and so does finding a row that begins within a byte.
        int batch = reader.isDirect(0) && reader.isDirect(row.length) ? 1 : Math.max(1, PIECE / row.length);
        float[] several = batch == 1 ? row : new float[(int) Math.min(batch, rows) * row.length];
        for (long at = 0; at < rows; at += batch) {
            int n = (int) Math.min(batch, rows - at);
            reader.read(at * row.length, several, 0, n * row.length);
            for (int i = 0; i < n; i++) {
                if (several != row) {
                    System.arraycopy(several, i * row.length, row, 0, row.length);
                }
                action.accept(at + i, row);
            }
        }
    }

    /// See [Tensor#readInto(long, double[], int, int)].
    public static void doubles(Tensor tensor, TensorData data, long first, double[] target, int at, int count)
            throws IOException {
        if (tensor.dtype() instanceof BlockType) {
            float[] narrow = new float[count];
            floats(tensor, data, first, narrow, 0, count);
            for (int i = 0; i < count; i++) {
                target[at + i] = narrow[i];
            }
            return;
        }
        ScalarCodec codec = codec(tensor, count);
        runs(
                tensor,
                data,
                first,
                count,
                (bytes, offset, done, n) -> codec.toDoubles(bytes, offset, target, at + done, n));
    }

    /// See [Tensor#readInto(long, long[], int, int)].
    public static void longs(Tensor tensor, TensorData data, long first, long[] target, int at, int count)
            throws IOException {
        if (tensor.dtype() instanceof BlockType) {
            float[] narrow = new float[count];
            floats(tensor, data, first, narrow, 0, count);
            for (int i = 0; i < count; i++) {
                target[at + i] = (long) narrow[i];
            }
            return;
        }
        ScalarCodec codec = codec(tensor, count);
        runs(
                tensor,
                data,
                first,
                count,
                (bytes, offset, done, n) -> codec.toLongs(bytes, offset, target, at + done, n));
    }

    static ScalarCodec codec(Tensor tensor, long longest) throws IOException {
        if (tensor.dtype() instanceof ScalarType type && type.kind() != Kind.COMPLEX) {
            return ScalarCodec.of(type, (int) Math.min(ScalarCodec.STEP, longest));
        }
        throw unsupported(tensor, "has no real number values");
    }

    static UnsupportedModelException unsupported(Tensor tensor, String why) {
        MappedFile part = tensor.part();
        return new UnsupportedModelException(
                "tensor.undecodable",
                part == null ? "" : part.path().toString(),
                "tensor \"" + Printable.of(tensor.name()) + "\"",
                ModelFormatException.NO_OFFSET,
                "type " + tensor.dtype().name() + " " + why);
    }

    /// Cuts a range of scalar elements into runs that begin on byte boundaries.
    private static void runs(Tensor tensor, TensorData data, long first, int count, Run run) throws IOException {
        ScalarType type = (ScalarType) tensor.dtype();
        if (first % type.blockElements() != 0) {
            Shape flat = Shape.of(tensor.shape().elements());
            Slices.Slice part = Slices.of(data, type, flat, List.of(Index.range(first, first + count)));
            runs(tensor, part.data(), 0, count, run);
            return;
        }
        MemorySegment all = data.segment();
        byte[] buffer = new byte[all == null ? (int) type.byteSize(Math.min(CHUNK, count)) : 0];
        for (int done = 0; done < count; ) {
            int n = Math.min(CHUNK, count - done);
            long offset = type.byteSize(first + done);
            MemorySegment bytes = all;
            if (bytes == null) {
                bytes = MemorySegment.ofArray(buffer).asSlice(0, type.byteSize(n));
                data.read(offset, bytes);
                offset = 0;
            }
            for (int part = 0; part < n; part += ScalarCodec.STEP) {
                run.accept(bytes, offset + type.byteSize(part), done + part, Math.min(ScalarCodec.STEP, n - part));
            }
            done += n;
        }
    }

    /// Whether a type can be decoded to numbers.
    public static boolean decodable(Tensor tensor) {
        return switch (tensor.dtype()) {
            case ScalarType type -> type.kind() != Kind.COMPLEX;
            case BlockType type -> type.canDecode();
            default -> false;
        };
    }
}
