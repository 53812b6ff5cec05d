package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.modelfile.gguf.quant.BlockCodec;
import dev.modelfile.gguf.simd.Vectors;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// What vector kernels owe: the bits of the scalar codecs, for any blocks and any values, at any place and length.
///
/// Also a program, because a process has one width of vectors: it checks all types and prints what was compared.
final class VectorContract {

    private static final long SEED = 4711;
    private static final int[] LENGTHS = {1, 2, 3, 5, 7, 16, 17, 33};

    private VectorContract() {}

    static void main() throws ReflectiveOperationException {
        long compared = 0;
        for (GgmlType type : GgmlType.values()) {
            compared += decodes(type) + encodes(type);
        }
        System.out.println(Vectors.available() + " " + compared + " " + checksum());
    }

    static BlockCodec scalar(GgmlType type) throws ReflectiveOperationException {
        Class<?> codec = Class.forName("dev.modelfile.gguf.quant." + type.name());
        return (BlockCodec) codec.getConstructor().newInstance();
    }

    /// Compares decoders and returns how many elements.
    static long decodes(GgmlType type) throws ReflectiveOperationException {
        BlockCodec scalar = scalar(type);
        BlockCodec vector = Vectors.codec(scalar);
        long compared = 0;
        for (int row = 0; row < 4 * LENGTHS.length; row++) {
            int count = LENGTHS[row % LENGTHS.length];
            byte[] blocks = HostileRows.bytes(SEED, row, 3 + count * type.blockBytes());
            compared += decodes(type + " row " + row, scalar, vector, blocks, 3, count, type.blockElements());
        }
        if (Goldens.covers(type)) {
            byte[] blocks = Goldens.bytes(Goldens.fileName(type, "imatrix.bin"));
            int count = blocks.length / type.blockBytes();
            compared += decodes(type + " golden", scalar, vector, blocks, 0, count, type.blockElements());
        }
        return compared;
    }

    private static int decodes(
            String what, BlockCodec scalar, BlockCodec vector, byte[] blocks, int from, int count, int size) {
        float[] expected = new float[count * size + 5];
        float[] actual = new float[count * size + 5];
        scalar.decode(blocks, from, expected, 2, count);
        vector.decode(blocks, from, actual, 2, count);
        for (int i = 0; i < expected.length; i++) {
            // One NaN for all: which of two NaN operands a processor hands on is not Java's business.
            assertEquals(Float.floatToIntBits(expected[i]), Float.floatToIntBits(actual[i]), what + " at " + i);
        }
        return count * size;
    }

    /// Compares encoders and returns how many elements.
    static long encodes(GgmlType type) throws ReflectiveOperationException {
        BlockCodec scalar = scalar(type);
        BlockCodec vector = Vectors.codec(scalar);
        long compared = 0;
        for (int row = 0; row < 2 * HostileRows.ALL_KINDS; row++) {
            float[] values = HostileRows.row(SEED, row, row % HostileRows.ALL_KINDS);
            float[] weights = HostileRows.weights(SEED, row);
            finite(values);
            int count = Math.min(LENGTHS[row % LENGTHS.length], HostileRows.COLUMNS / type.blockElements());
            int elements = count * type.blockElements();
            int from = HostileRows.COLUMNS - elements;
            String what = type + " row " + row;
            compared += encodes(what + " weighted", type, scalar, vector, values, from, elements, weights);
            if (!type.needsImportance()) {
                compared += encodes(what, type, scalar, vector, values, from, elements, null);
            }
        }
        return compared;
    }

    private static int encodes(
            String what,
            GgmlType type,
            BlockCodec scalar,
            BlockCodec vector,
            float[] values,
            int from,
            int elements,
            float @Nullable [] weights) {
        int size = elements / type.blockElements() * type.blockBytes();
        String expected = encoded(scalar, values, from, elements, weights, new byte[size]);
        assertEquals(expected, encoded(vector, values, from, elements, weights, new byte[size]), what);
        return elements;
    }

    /// The bytes, or what the codec says where it refuses.
    private static String encoded(
            BlockCodec codec, float[] values, int from, int elements, float @Nullable [] weights, byte[] blocks) {
        try {
            codec.encode(values, from, elements, weights, blocks);
        } catch (IllegalArgumentException e) {
            return e.toString();
        }
        return Arrays.toString(blocks);
    }

    /// Callers of codecs have checked that values are finite.
    private static void finite(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.isFinite(values[i]) ? values[i] : 1f;
        }
    }

    /// A checksum over what the public interface makes of the golden input, for all types.
    static long checksum() {
        CRC32C crc = new CRC32C();
        float[] input = Goldens.floats("input.f32.bin");
        float[] weights = Goldens.floats("imatrix.f32.bin");
        for (GgmlType type : GgmlType.values()) {
            int size = Goldens.COLUMNS / type.blockElements() * type.blockBytes();
            byte[] blocks = new byte[size];
            float[] values = new float[Goldens.COLUMNS];
            for (int row = 0; row < Goldens.ROWS; row++) {
                var segment = MemorySegment.ofArray(blocks);
                type.encode(input, row * Goldens.COLUMNS, Goldens.COLUMNS, weights, segment, 0);
                crc.update(blocks);
                type.decode(segment, 0, values, 0, values.length);
                for (float value : values) {
                    crc.update(Float.floatToIntBits(value) >>> 24);
                    crc.update(Float.floatToIntBits(value));
                }
            }
        }
        return crc.getValue();
    }
}
