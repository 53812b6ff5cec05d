package dev.modelfile.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelWriter;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.Handles;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.safetensors.Safetensors;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// How much of a mapped file is touched. Linux maps 64 KiB and more around each page that is read, so the bounds are
/// far above what is looked at, and far below the 32 MiB of the file.
final class PagesTest {
    private static final int TENSORS = 32;

    @TempDir
    private Path folder;

    /// KiB that listing touches: of the head of the file, and for archives also of the end. What ONNX has between its
    /// tensors' bytes is read from the file, not through the mapping.
    private static final Map<String, Integer> LISTED = Map.of("safetensors", 256, "gguf", 256, "onnx", 0, "pt", 1536);

    /// KiB that reading a row of 4 KiB touches.
    private static final int ROW = 512;

    @TestFactory
    Stream<DynamicTest> listingAndReadingARow() {
        return new TreeMap<>(LISTED)
                .entrySet().stream()
                        .map(entry -> dynamicTest(entry.getKey(), () -> {
                            String format = entry.getKey();
                            Handles.needsProc();
                            Path file = Models.write(folder, format, TENSORS, Shape.of(256, 1024));
                            assertTrue(Files.size(file) > (long) TENSORS << 20);
                            try (ModelFile model = ModelFile.open(file)) {
                                assertEquals(TENSORS, model.tensors().size());
                                long listed = Cost.touched(file);
                                if (entry.getValue() == 0) {
                                    assertEquals(0, listed, "listing " + format);
                                } else {
                                    Cost.assertWithin(entry.getValue(), listed >> 10, "listing " + format);
                                }
                                assertEquals(
                                        Float.intBitsToFloat(0x03030303),
                                        model.tensor("layers.4.block.1.weight")
                                                .slice("100")
                                                .toFloatArray()[5]);
                                long read = Cost.touched(file) - listed;
                                Cost.assertWithin(ROW, read >> 10, "a row of " + format);
                            }
                        }));
    }

    /// Tensors too small to be worth a call of the kernel each are copied by it together where they follow each other
    /// in both files.
    @Test
    void copyingNeighbours() throws Exception {
        Handles.needsProc();
        Path file = Models.write(folder, "safetensors", 1024, Shape.of(64, 128));
        for (ModelWriter writer : List.of(Safetensors.writer(), Gguf.writer())) {
            Path copy = folder.resolve("copy");
            try (ModelFile model = ModelFile.open(file)) {
                long opened = Cost.touched(file);
                writer.options(WriteOptions.defaults().withSync(false).withOverwrite(true))
                        .addAll(model.tensors())
                        .write(copy);
                long read = Cost.touched(file) - opened;
                assertTrue(read <= 256 << 10, () -> "a copy touches " + (read >> 10) + " KiB");
                try (ModelFile written = ModelFile.open(copy)) {
                    for (Tensor tensor : model.tensors()) {
                        MemorySegment other = written.tensor(tensor.name()).segment();
                        assertEquals(-1, tensor.segment().mismatch(other));
                    }
                }
                assertTrue(Cost.touched(file) >= 32 << 20, "what was compared was not counted");
            }
        }
    }
}
