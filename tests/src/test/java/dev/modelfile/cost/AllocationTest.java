package dev.modelfile.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.Conversion;
import dev.modelfile.DType;
import dev.modelfile.ModelFile;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.safetensors.Safetensors;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.spi.TensorData;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// How many bytes of heap work allocates. Each bound is between one and a half and two times what it took when it was
/// set, so that work which starts to copy, box or collect what it need not goes beyond it.
final class AllocationTest {
    private static final int TENSORS = 20_000;
    private static final int ELEMENTS = 1 << 20;

    /// Bytes for each tensor of a file that is opened and listed.
    private static final Map<String, Integer> LISTED =
            Map.of("safetensors", 1600, "gguf", 2200, "onnx", 2700, "pt", 4500);

    /// Bytes for each tensor of a checkpoint that is scanned.
    private static final int SCANNED = 2000;

    /// Bytes for the whole of a tensor that is read into an array, whatever its size.
    private static final int READ = 250_000;

    /// A conversion of a million elements, and bytes for the whole of it: a few buffers, whatever its size.
    private record Pair(ScalarType from, DType to, int bytes) {}

    private static final List<Pair> CONVERTED = List.of(
            new Pair(ScalarType.F32, ScalarType.BF16, 900_000),
            new Pair(ScalarType.BF16, ScalarType.F16, 700_000),
            new Pair(ScalarType.BF16, ScalarType.F8_E4M3, 450_000),
            new Pair(ScalarType.F64, ScalarType.F16, 1_300_000),
            new Pair(ScalarType.I64, ScalarType.I32, 1_400_000),
            new Pair(ScalarType.F32, GgmlType.Q8_0, 2_700_000));

    /// Bytes for a copy of a file, whatever its size.
    private static final int COPIED = 250_000;

    @TempDir
    private Path folder;

    @TestFactory
    Stream<DynamicTest> openingAndListing() {
        return new TreeMap<>(LISTED)
                .entrySet().stream()
                        .map(entry -> dynamicTest(entry.getKey(), () -> {
                            String format = entry.getKey();
                            Path file = Models.write(folder, format, TENSORS, Shape.of(4, 4));
                            Cost.assertAllocates(
                                    (long) TENSORS * entry.getValue(), "opening and listing " + format, () -> {
                                        long characters = 0;
                                        try (ModelFile model = ModelFile.open(file)) {
                                            assertEquals(
                                                    TENSORS, model.tensors().size());
                                            for (Tensor tensor : model.tensors()) {
                                                characters += tensor.name().length()
                                                        + tensor.shape().rank();
                                            }
                                        }
                                        assertTrue(characters > TENSORS);
                                    });
                        }));
    }

    @Test
    void scanning() throws Exception {
        Path file = Models.write(folder, "pt", TENSORS, Shape.of(4, 4));
        Cost.assertAllocates(
                (long) TENSORS * SCANNED,
                "scanning",
                () -> assertTrue(ModelScanner.standard().scan(file).isClean()));
    }

    private static Tensor zeros(DType type) {
        Shape shape = Shape.of(ELEMENTS / 4096, 4096);
        byte[] bytes = new byte[Math.toIntExact(type.byteSize(shape))];
        return new Tensor("t", type, shape, TensorData.of(MemorySegment.ofArray(bytes)));
    }

    @TestFactory
    Stream<DynamicTest> reading() {
        List<DType> types = new ArrayList<>(Arrays.asList(ScalarType.values()));
        types.removeIf(type -> type == ScalarType.C64 || type == ScalarType.C128);
        types.addAll(List.of(GgmlType.Q4_0, GgmlType.Q4_K, GgmlType.IQ3_S));
        float[] target = new float[ELEMENTS];
        return types.stream()
                .map(type -> dynamicTest(type.name(), () -> {
                    Tensor tensor = zeros(type);
                    Cost.assertAllocates(READ, "reading " + type.name(), () -> tensor.readInto(0, target, 0, ELEMENTS));
                }));
    }

    @TestFactory
    Stream<DynamicTest> converting() {
        return CONVERTED.stream()
                .map(pair -> dynamicTest(pair.from() + " to " + pair.to(), () -> {
                    TensorSource converted = zeros(pair.from()).as(pair.to());
                    String threads = System.setProperty("modelfile.threads", "1");
                    try {
                        Cost.assertAllocates(pair.bytes(), pair.toString(), () -> converted.writeTo(piece -> {}));
                    } finally {
                        if (threads == null) {
                            System.clearProperty("modelfile.threads");
                        } else {
                            System.setProperty("modelfile.threads", threads);
                        }
                    }
                }));
    }

    @Test
    void copying() throws Exception {
        Path file = Models.write(folder, "safetensors", 32, Shape.of(256, 1024));
        WriteOptions quick = WriteOptions.defaults().withSync(false).withOverwrite(true);
        Path copy = folder.resolve("copy.safetensors");
        Cost.assertAllocates(
                COPIED, "copying", () -> Conversion.from(file).writing(quick).write(copy, Safetensors.FORMAT));
    }
}
