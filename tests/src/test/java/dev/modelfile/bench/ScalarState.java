package dev.modelfile.bench;

import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/// Numbers of one type in memory, to be converted to another in one thread, by us and by Python.
final class ScalarState implements AutoCloseable {
    static final int ELEMENTS = 1 << 20;

    /// What Python calls the types whose names do not follow from their kind and width.
    private static final Map<ScalarType, String> NAMES =
            Map.of(ScalarType.BF16, "bfloat16", ScalarType.F8_E4M3, "float8_e4m3fn", ScalarType.F8_E5M2, "float8_e5m2");

    private final Arena arena = Arena.ofShared();
    private final ScalarType from;
    private final ScalarType to;
    private final Tensor source;
    private final MemorySegment target;

    /// @param pair two types, as in `F32 to BF16`
    ScalarState(String pair) throws IOException {
        System.setProperty("modelfile.threads", "1");
        from = ScalarType.valueOf(pair.substring(0, pair.indexOf(' ')));
        to = ScalarType.valueOf(pair.substring(pair.lastIndexOf(' ') + 1));
        float[] numbers = new float[ELEMENTS];
        Random random = new Random(1);
        for (int i = 0; i < ELEMENTS; i++) {
            numbers[i] = (float) random.nextGaussian() * 4;
        }
        MemorySegment bytes = arena.allocate(from.byteSize(ELEMENTS), 64);
        TensorSource.of("t", Shape.of(ELEMENTS), numbers)
                .as(from)
                .writeTo(piece -> MemorySegment.copy(piece, 0, bytes, 0, piece.byteSize()));
        source = new Tensor("t", from, Shape.of(ELEMENTS), TensorData.of(bytes));
        target = arena.allocate(to.byteSize(ELEMENTS), 64);
    }

    void convert() throws IOException {
        long[] at = new long[1];
        source.as(to).writeTo(piece -> {
            MemorySegment.copy(piece, 0, target, at[0], piece.byteSize());
            at[0] += piece.byteSize();
        });
    }

    PythonPeer torch() {
        return new PythonPeer("""
                import torch
                torch.set_num_threads(1)
                given = (torch.randn(%d) * 4).to(torch.%s)
                found = torch.empty(%d, dtype=torch.%s)
                def work():
                    found.copy_(given)
                """.formatted(ELEMENTS, name(from), ELEMENTS, name(to)));
    }

    PythonPeer mlDtypes() {
        return new PythonPeer("""
                import numpy, ml_dtypes
                given = (numpy.random.randn(%d) * 4).astype(%s)
                found = numpy.empty(%d, dtype=%s)
                def work():
                    numpy.copyto(found, given, casting="unsafe")
                """.formatted(ELEMENTS, numpyType(from), ELEMENTS, numpyType(to)));
    }

    private static String name(ScalarType type) {
        String bits = String.valueOf(type.bits());
        return switch (type.kind()) {
            case FLOAT -> NAMES.getOrDefault(type, "float" + bits);
            case SIGNED -> "int" + bits;
            case UNSIGNED -> "uint" + bits;
            default -> type.name().toLowerCase(Locale.ROOT);
        };
    }

    private static String numpyType(ScalarType type) {
        return (NAMES.containsKey(type) ? "ml_dtypes." : "numpy.") + name(type);
    }

    @Override
    public void close() {
        arena.close();
    }
}
