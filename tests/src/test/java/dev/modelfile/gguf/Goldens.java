package dev.modelfile.gguf;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// The files that ggml's C library made; their README says how.
final class Goldens {

    static final int ROWS = 8;
    static final int COLUMNS = 512;
    private static final String FOLDER = "/fixtures/ggml-golden/";

    private Goldens() {}

    static boolean exists(String name) {
        return Goldens.class.getResource(FOLDER + name) != null;
    }

    static byte[] bytes(String name) {
        try (InputStream in = Goldens.class.getResourceAsStream(FOLDER + name)) {
            if (in == null) {
                throw new IllegalStateException("no golden file " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static float[] floats(String name) {
        byte[] bytes = bytes(name);
        float[] floats = new float[bytes.length / 4];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }

    static String text(String name) {
        return new String(bytes(name), StandardCharsets.UTF_8);
    }

    /// ggml's own spelling: lower case, except for the K.
    static String fileName(GgmlType type, String set) {
        String lower = type.name().toLowerCase(Locale.ROOT);
        return (lower.endsWith("_k") ? lower.replace("_k", "_K") : lower) + "." + set;
    }

    /// Only intermediate types have no goldens: ggml's `ggml_quantize_chunk` does not write them.
    static boolean covers(GgmlType type) {
        return type != GgmlType.Q8_1 && type != GgmlType.Q8_K;
    }
}
