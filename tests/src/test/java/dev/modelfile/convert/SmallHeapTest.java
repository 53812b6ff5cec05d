package dev.modelfile.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.DType;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.checkpoint.Checkpoints;
import dev.modelfile.contract.ChildJvm;
import dev.modelfile.gguf.FileType;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.gguf.GgufFile;
import dev.modelfile.gguf.Quantization;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models several times as large as the heap go from format to format and are quantised, in a heap of 64 MiB and with
/// little other memory of their own.
final class SmallHeapTest {
    private static final int ROWS = 48;
    private static final int COLUMNS = 1 << 20;
    private static final WriteOptions OPTIONS = WriteOptions.defaults().withSync(false);

    /// The virtual machine under test.
    static final class Chain {
        private static final PrivateMemory MEMORY = new PrivateMemory();

        private Chain() {}

        /// Takes a model from format to format in a folder, prints each file, and at last the most private memory in
        /// KiB that was seen while writing.
        public static void main(String[] args) throws IOException {
            Path folder = Path.of(args[0]);
            Path model = folder.resolve("model.safetensors");
            write(model);
            model = convert(model, folder.resolve("model.pt"), Checkpoints.FORMAT, ScalarType.F32);
            model = convert(model, folder.resolve("model.onnx"), Onnx.FORMAT, ScalarType.F16);
            model = convert(model, folder.resolve("model.gguf"), Gguf.FORMAT, ScalarType.F32);
            Path small = folder.resolve("small.gguf");
            try (GgufFile file = Gguf.open(model)) {
                Quantization.of(file, FileType.Q8_0).write(small, OPTIONS, MEMORY);
            }
            Files.delete(model);
            System.out.println(small);
            convert(small, folder.resolve("back.safetensors"), Safetensors.FORMAT, ScalarType.BF16);
            System.out.println(MEMORY.peakKib());
        }

        /// Every number is that of its row.
        private static void write(Path path) throws IOException {
            TensorSource rows =
                    TensorSource.deferred("blk.0.ffn_up.weight", ScalarType.F32, Shape.of(ROWS, COLUMNS), sink -> {
                        float[] row = new float[COLUMNS];
                        ByteBuffer bytes = ByteBuffer.allocate(4 * COLUMNS).order(ByteOrder.LITTLE_ENDIAN);
                        for (int i = 0; i < ROWS; i++) {
                            Arrays.fill(row, i);
                            bytes.asFloatBuffer().put(row);
                            sink.write(MemorySegment.ofBuffer(bytes));
                        }
                    });
            Safetensors.writer()
                    .metadata("general.architecture", "llama")
                    .add(rows)
                    .options(OPTIONS)
                    .write(path);
        }

        private static Path convert(Path from, Path to, ModelFormat format, DType type) throws IOException {
            Conversion.from(from)
                    .type(tensor -> type)
                    .writing(OPTIONS)
                    .onProgress(MEMORY)
                    .write(to, format);
            Files.delete(from);
            System.out.println(to);
            return to;
        }
    }

    @Test
    void everyFormatIsWrittenInALittleMemory(@TempDir Path folder) throws Exception {
        ChildJvm.Result result = ChildJvm.run(
                Duration.ofSeconds(120), List.of("-Xmx64m", "-XX:TieredStopAtLevel=4"), Chain.class, folder.toString());
        assertEquals(0, result.exit(), result::output);
        List<String> lines = result.output().lines().toList();
        assertEquals(6, lines.size(), result::output);
        long peak = Long.parseLong(lines.getLast());
        assertTrue(peak < PrivateMemory.MOST_KIB, () -> peak + " KiB of private memory");
        try (ModelFile model = ModelFile.open(folder.resolve("back.safetensors"))) {
            Tensor tensor = model.tensors().get(0);
            assertEquals(Shape.of(ROWS, COLUMNS), tensor.shape());
            tensor.slice(":, ::65535").forEachRow((index, row) -> {
                for (float value : row) {
                    assertEquals(index, value, 0.01f * index);
                }
            });
        }
    }
}
