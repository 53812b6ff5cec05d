package dev.modelfile.internal.convert;

import dev.modelfile.BlockType;
import dev.modelfile.Tensor;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Reads runs of elements of one tensor as floats, and keeps the memory that this takes from call to call. For one
/// thread at a time.
final class FloatReader {
    private static final int CHUNK = 1 << 16;
    private static final float[] NONE = {};

    private final TensorData data;
    private final long elements;
    private final int blockElements;
    private final int blockBytes;
    private final @Nullable ScalarCodec codec;
    private final @Nullable BlockType blocks;
    private final @Nullable MemorySegment all;
    private MemorySegment gathered = MemorySegment.ofArray(new byte[0]);
    private float[] block = NONE;

    private FloatReader(Tensor tensor, TensorData data, @Nullable ScalarCodec codec, @Nullable BlockType blocks) {
        this.data = data;
        this.elements = tensor.shape().elements();
        this.blockElements = tensor.dtype().blockElements();
        this.blockBytes = tensor.dtype().blockBytes();
        this.codec = codec;
        this.blocks = blocks;
        this.all = data.segment();
    }

    /// A reader of a tensor.
    ///
    /// @param longest the most elements that are asked for at a time
    /// @throws dev.modelfile.UnsupportedModelException if its type has no number values
    static FloatReader of(Tensor tensor, TensorData data, long longest) throws IOException {
        if (tensor.dtype() instanceof BlockType type) {
            if (!type.canDecode()) {
                throw Decoding.unsupported(tensor, "has no decoder");
            }
            return new FloatReader(tensor, data, null, type);
        }
        return new FloatReader(tensor, data, Decoding.codec(tensor, longest), null);
    }

    /// Whether a run that begins here is decoded from where its bytes are, straight to where it goes.
    boolean isDirect(long first) {
        return all != null && first % blockElements == 0;
    }

    /// Decodes elements; what is asked for lies inside the tensor and the array.
    void read(long first, float[] target, int at, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int lead = (int) ((first + done) % blockElements);
            int run = run(count - done);
            if (lead == 0 && run > 0) {
                decode(first + done, run, target, at + done);
                done += run;
            } else {
                done += readPart(first + done, lead, target, at + done, count - done);
            }
        }
    }

    /// How many of the elements that are left can be decoded at once, from the beginning of a block on.
    private int run(int left) {
        int run = Math.min(CHUNK, left);
        return codec == null ? run / blockElements * blockElements : run;
    }

    /// Decodes a block of which only a part is wanted.
    private int readPart(long from, int lead, float[] target, int at, int wanted) throws IOException {
        if (block.length == 0) {
            block = new float[blockElements];
        }
        int present = (int) Math.min(blockElements, elements - (from - lead));
        decode(from - lead, present, block, 0);
        int taken = Math.min(present - lead, wanted);
        System.arraycopy(block, lead, target, at, taken);
        return taken;
    }

    private void decode(long first, int count, float[] target, int at) throws IOException {
        long offset = first / blockElements * blockBytes;
        MemorySegment bytes = all;
        if (bytes == null) {
            bytes = gather(offset, count);
            offset = 0;
        }
        if (codec != null) {
            decode(codec, bytes, offset, target, at, count);
        } else if (blocks != null) {
            blocks.decode(bytes, offset, target, at, count);
        }
    }

    private void decode(ScalarCodec codec, MemorySegment bytes, long offset, float[] target, int at, int count) {
        for (int done = 0; done < count; done += ScalarCodec.STEP) {
            long part = (long) (done / blockElements) * blockBytes;
            codec.toFloats(bytes, offset + part, target, at + done, Math.min(ScalarCodec.STEP, count - done));
        }
    }

    private MemorySegment gather(long offset, int count) throws IOException {
        // The last block of a type with less than eight bits may be cut short.
        long size = Math.min(Math.ceilDiv(count, blockElements) * (long) blockBytes, data.byteSize() - offset);
        if (gathered.byteSize() < size) {
            gathered = MemorySegment.ofArray(new byte[Math.toIntExact(size)]);
        }
        MemorySegment piece = gathered.asSlice(0, size);
        data.read(offset, piece);
        return piece;
    }
}
