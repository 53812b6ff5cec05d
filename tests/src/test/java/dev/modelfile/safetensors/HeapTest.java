package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.ChildJvm;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an open model keeps on the heap, and the limits on how many tensors there may be.
final class HeapTest {
    private static Path model(Path folder, int tensors) throws IOException {
        Path file = folder.resolve("many.safetensors");
        ModelWriter writer =
                Safetensors.writer().options(WriteOptions.defaults().withSync(false));
        for (int i = 0; i < tensors; i++) {
            byte[] bytes = new byte[16];
            writer.add(TensorSource.of(
                    "model.layers." + i / 12 + ".self_attn.projection_" + i % 12 + ".weight",
                    ScalarType.BF16,
                    Shape.of(2, 4),
                    MemorySegment.ofArray(bytes)));
        }
        writer.write(file);
        return file;
    }

    /// Opens a model many times over and prints the bytes that each keeps, and the length of the header.
    static final class Measure {
        private static final int MODELS = 8;

        private Measure() {}

        public static void main(String[] args) throws IOException {
            Path file = Path.of(args[0]);
            Safetensors.open(file).close();
            long before = used();
            List<SafetensorsFile> open = new ArrayList<>();
            for (int i = 0; i < MODELS; i++) {
                open.add(Safetensors.open(file));
            }
            long each = (used() - before) / MODELS;
            System.out.println(each + " " + open.get(0).shards().get(0).headerLength());
            open.forEach(SafetensorsFile::close);
        }

        private static long used() {
            long used = Long.MAX_VALUE;
            for (int i = 0; i < 4; i++) {
                System.gc();
                Runtime runtime = Runtime.getRuntime();
                used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
            }
            return used;
        }
    }

    @Test
    void openModelsKeepThreeTimesTheHeader(@TempDir Path folder) throws Exception {
        Path file = model(folder, 20_000);
        ChildJvm.Result result =
                ChildJvm.run(Duration.ofSeconds(60), List.of("-Xmx1g"), Measure.class, file.toString());
        assertEquals(0, result.exit(), result::output);
        String[] numbers = result.output().strip().split(" ");
        long kept = Long.parseLong(numbers[0]);
        long header = Long.parseLong(numbers[1]);
        assertTrue(header > 1_000_000);
        assertTrue(kept > 0 && kept <= 3 * header, () -> kept + " bytes kept for a header of " + header);
    }

    @Test
    void numbersOfTensorsAreLimited(@TempDir Path folder) throws IOException {
        int tensors = 200_000;
        Path file = model(folder, tensors);
        ReadLimits limits = ReadLimits.defaults();
        try (SafetensorsFile model =
                Safetensors.open(file, ReadOptions.defaults().withLimits(limits.withMaxTensors(tensors)))) {
            assertEquals(tensors, model.tensors().size());
            assertEquals(16L * tensors, model.tensors().byteSize());
            assertTrue(model.tensors().has("model.layers.16666.self_attn.projection_7.weight"));
        }
        var error = Assertions.assertThrows(
                LimitExceededException.class,
                () -> Safetensors.open(file, ReadOptions.defaults().withLimits(limits.withMaxTensors(tensors - 1))));
        assertEquals("maxTensors", error.limit());
    }
}
