package dev.modelfile.bench;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.modelfile.gguf.GgmlType;
import dev.modelfile.gguf.quant.BlockCodec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Rows of one type, to be decoded and encoded by our kernels, by our scalar codec and by ggml.
final class KernelState {

    private static final int ROWS = 8;
    private static final int COLUMNS = 4096;
    static final int ELEMENTS = ROWS * COLUMNS;

    private final GgmlType type;
    private final BlockCodec scalar;
    private final GgmlPeer ggml;
    private final int rowBytes;
    private final float[] values = new float[ELEMENTS];
    private final float @Nullable [] weights;
    private final float[] decoded = new float[ELEMENTS];
    private final byte[] blocks;
    private final byte[] row;
    private final MemorySegment ours;
    private final MemorySegment theirs;
    private final MemorySegment nativeValues;
    private final @Nullable MemorySegment nativeWeights;
    private final MemorySegment nativeDecoded;

    KernelState(GgmlType type, boolean weighted) throws Throwable {
        this.type = type;
        this.scalar = (BlockCodec) Class.forName("dev.modelfile.gguf.quant." + type.name())
                .getConstructor()
                .newInstance();
        this.ggml = new GgmlPeer(type);
        this.rowBytes = COLUMNS / type.blockElements() * type.blockBytes();
        Random random = new Random(1);
        for (int i = 0; i < ELEMENTS; i++) {
            values[i] = (float) (random.nextGaussian() * 0.02);
        }
        this.weights = weighted || type.needsImportance() ? new float[COLUMNS] : null;
        if (weights != null) {
            for (int i = 0; i < COLUMNS; i++) {
                weights[i] = random.nextFloat() + 0.01f;
            }
        }
        this.row = new byte[rowBytes];
        this.ours = Arena.global().allocate((long) ROWS * rowBytes, 64);
        this.theirs = Arena.global().allocate((long) ROWS * rowBytes, 64);
        this.nativeValues = GgmlPeer.copy(values);
        this.nativeWeights = weights == null ? null : GgmlPeer.copy(weights);
        this.nativeDecoded = GgmlPeer.copy(values);
        encodeGgml();
        this.blocks = theirs.toArray(JAVA_BYTE);
    }

    void decode() {
        type.decode(theirs, 0, decoded, 0, ELEMENTS);
    }

    void decodeScalar() {
        scalar.decode(blocks, 0, decoded, 0, ELEMENTS / type.blockElements());
    }

    void decodeGgml() throws Throwable {
        ggml.decode(theirs, nativeDecoded, ELEMENTS);
    }

    void encode() {
        for (int i = 0; i < ROWS; i++) {
            type.encode(values, i * COLUMNS, COLUMNS, weights, ours, (long) i * rowBytes);
        }
    }

    void encodeScalar() {
        for (int i = 0; i < ROWS; i++) {
            Arrays.fill(row, (byte) 0);
            scalar.encode(values, i * COLUMNS, COLUMNS, weights, row);
        }
    }

    void encodeGgml() throws Throwable {
        ggml.encode(nativeValues, theirs, ROWS, COLUMNS, nativeWeights);
    }

    /// Whether the last of our [#encode] has the bytes of the last [#encodeGgml].
    boolean sameBytes() {
        return ours.mismatch(theirs) < 0;
    }
}
