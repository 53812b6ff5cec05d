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
import java.util.List;

/// Random access to the numbers of a tensor.
public final class Decoding {
    /// Elements that are gathered at once where they do not lie in one piece.
    private static final int CHUNK = 1 << 16;

    private Decoding() {}

    /// Takes at most [ScalarCodec#STEP] elements at a place in memory.
    private interface Run {
        void accept(MemorySegment bytes, long offset, int done, int count);
    }

    /// See [Tensor#readInto(long, float[], int, int)].
    public static void floats(Tensor tensor, TensorData data, long first, float[] target, int at, int count)
            throws IOException {
        if (tensor.dtype() instanceof BlockType type) {
            blocks(tensor, type, data, first, target, at, count);
            return;
        }
        ScalarCodec codec = codec(tensor, count);
        runs(
                tensor,
                data,
                first,
                count,
                (bytes, offset, done, n) -> codec.toFloats(bytes, offset, target, at + done, n));
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

    private static ScalarCodec codec(Tensor tensor, int count) throws IOException {
        if (tensor.dtype() instanceof ScalarType type && type.kind() != Kind.COMPLEX) {
            return ScalarCodec.of(type, count);
        }
        throw unsupported(tensor, "has no real number values");
    }

    private static UnsupportedModelException unsupported(Tensor tensor, String why) {
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

    private static void blocks(
            Tensor tensor, BlockType type, TensorData data, long first, float[] target, int at, int count)
            throws IOException {
        if (!type.canDecode()) {
            throw unsupported(tensor, "has no decoder");
        }
        int per = type.blockElements();
        MemorySegment all = data.segment();
        float[] block = new float[per];
        for (int done = 0; done < count; ) {
            int lead = (int) ((first + done) % per);
            long offset = (first + done) / per * type.blockBytes();
            int whole = Math.min(CHUNK, count - done) / per * per;
            int n = lead == 0 && whole > 0 ? whole : per;
            MemorySegment bytes = all;
            if (bytes == null) {
                bytes = MemorySegment.ofArray(new byte[n / per * type.blockBytes()]);
                data.read(offset, bytes);
                offset = 0;
            }
            if (lead == 0 && whole > 0) {
                type.decode(bytes, offset, target, at + done, n);
                done += n;
            } else {
                type.decode(bytes, offset, block, 0, per);
                int taken = Math.min(per - lead, count - done);
                System.arraycopy(block, lead, target, at + done, taken);
                done += taken;
            }
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
