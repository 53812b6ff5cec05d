package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Many more rows than the golden files hold, compared with ggml's C library by digest.
final class GgmlDifferentialTest {

    private static final long SEED = 20261121;
    private static final int ROWS = 4 * HostileRows.KINDS;
    private static final Map<String, String> DIGESTS = digests();

    @ParameterizedTest
    @EnumSource(value = GgmlType.class, mode = EnumSource.Mode.EXCLUDE, names = "Q8_1")
    void decodesAsGgml(GgmlType type) throws NoSuchAlgorithmException {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        float[] values = new float[HostileRows.COLUMNS];
        ByteBuffer bits = ByteBuffer.allocate(4 * HostileRows.COLUMNS).order(ByteOrder.LITTLE_ENDIAN);
        for (int row = 0; row < ROWS; row++) {
            byte[] blocks = HostileRows.bytes(SEED, row, rowBytes(type));
            type.decode(MemorySegment.ofArray(blocks), 0, values, 0, values.length);
            bits.clear();
            for (float value : values) {
                bits.putInt(Float.floatToIntBits(value)); // one NaN for all
            }
            sha256.update(bits.array());
        }
        assertDigest(type, "decode", sha256);
    }

    @ParameterizedTest
    @EnumSource(
            value = GgmlType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"IQ2_XXS", "IQ2_XS", "IQ1_S"})
    void encodesAsGgml(GgmlType type) throws NoSuchAlgorithmException {
        encodes(type, "plain");
    }

    @ParameterizedTest
    @EnumSource(
            value = GgmlType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"Q8_1", "Q8_K"})
    void encodesWithImportanceAsGgml(GgmlType type) throws NoSuchAlgorithmException {
        encodes(type, "importance");
    }

    /// The shared exponent is a floor of a logarithm in float, which rounds up just below powers of two.
    @Test
    void takesTheExponentOfMxfp4AsGgml() throws NoSuchAlgorithmException {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        float[] values = new float[32];
        byte[] block = new byte[17];
        for (int exponent = -126; exponent <= 127; exponent++) {
            for (int below = 0; below < 256; below++) {
                values[5] = Float.intBitsToFloat((127 + exponent << 23) - below);
                GgmlType.MXFP4.encode(values, 0, 32, null, MemorySegment.ofArray(block), 0);
                sha256.update(block[0]);
            }
        }
        assertDigest(GgmlType.MXFP4, "exponents", sha256);
    }

    /// Where ggml ends the program, a row is refused; the digest then holds a one instead of a zero and the bytes.
    private static void encodes(GgmlType type, String mode) throws NoSuchAlgorithmException {
        MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
        for (int row = 0; row < ROWS; row++) {
            float[] values = HostileRows.row(SEED, row, row % HostileRows.KINDS);
            float[] weights = mode.equals("plain") ? null : HostileRows.weights(SEED, row);
            byte[] blocks = encodeOrRefuse(type, values, weights);
            if (blocks == null) {
                assertEquals(HostileRows.KINDS - 1, row % HostileRows.KINDS, () -> type + " refused an ordinary row");
                sha256.update((byte) 1);
            } else {
                sha256.update((byte) 0);
                sha256.update(blocks);
            }
        }
        assertDigest(type, mode, sha256);
    }

    private static byte @Nullable [] encodeOrRefuse(GgmlType type, float[] values, float @Nullable [] weights) {
        byte[] blocks = new byte[rowBytes(type)];
        try {
            type.encode(values, 0, values.length, weights, MemorySegment.ofArray(blocks), 0);
            return blocks;
        } catch (IllegalArgumentException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("too large"), String.valueOf(e.getMessage()));
            return null;
        }
    }

    /// Rows up to the largest float are encoded or refused, and nothing else happens.
    @ParameterizedTest
    @EnumSource(GgmlType.class)
    void survivesTheLargestFloats(GgmlType type) {
        for (int kind = HostileRows.KINDS; kind < HostileRows.ALL_KINDS; kind++) {
            float[] values = HostileRows.row(SEED, kind, kind);
            encodeOrRefuse(type, values, HostileRows.weights(SEED, kind));
            if (!type.needsImportance()) {
                encodeOrRefuse(type, values, null);
            }
        }
    }

    private static int rowBytes(GgmlType type) {
        return HostileRows.COLUMNS / type.blockElements() * type.blockBytes();
    }

    private static void assertDigest(GgmlType type, String mode, MessageDigest sha256) {
        assertEquals(DIGESTS.get(type + " " + mode), HexFormat.of().formatHex(sha256.digest()), type + " " + mode);
    }

    private static Map<String, String> digests() {
        Map<String, String> digests = new HashMap<>();
        for (String line : Goldens.text("differential.txt").strip().split("\n")) {
            int end = line.lastIndexOf(' ');
            digests.put(line.substring(0, end), line.substring(end + 1));
        }
        return digests;
    }
}
