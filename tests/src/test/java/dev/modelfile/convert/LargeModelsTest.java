package dev.modelfile.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.Tensor;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.ChildJvm;
import dev.modelfile.gguf.FileType;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.gguf.LargeVocabulary;
import dev.modelfile.gguf.Quantization;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The metadata of the largest tokenizers, and tensors of many times the heap, in a heap of 64 MiB.
final class LargeModelsTest {
    private static final WriteOptions OPTIONS = WriteOptions.defaults().withSync(false);
    private static final List<String> HEAP = List.of("-Xmx64m", "-XX:TieredStopAtLevel=4");
    private static final int TENSORS = 2;
    private static final long ROWS = 8192;

    @TempDir
    private Path folder;

    /// Converts one model into another, and says it.
    static final class Vocabulary {
        private Vocabulary() {}

        /// @param args names of files in turn: from, to, from, to, …
        public static void main(String[] args) throws IOException {
            for (int i = 0; i < args.length; i += 2) {
                Path to = Path.of(args[i + 1]);
                ModelFormat format = ModelFormats.installed().byExtension(to).orElseThrow();
                Conversion.from(Path.of(args[i])).writing(OPTIONS).write(to, format);
                System.out.println(to.getFileName());
            }
        }
    }

    /// Back needs more than there: the text is read whole.
    @Test
    void largeVocabulariesGoIntoEveryFormatAndBack() throws Exception {
        String model = folder.resolve("m.gguf").toString();
        String text = model + ".safetensors";
        String back = text + ".gguf";
        LargeVocabulary.write(Path.of(model));
        List<String> there = List.of(model, text, model, model + ".pt", model, model + ".onnx");
        assertEquals("m.gguf.safetensors\nm.gguf.pt\nm.gguf.onnx\n", output("-Xmx64m", there));
        assertEquals("m.gguf.safetensors.gguf\n", output("-Xmx256m", List.of(text, back)));
        try (ModelFile before = ModelFile.open(Path.of(model));
                ModelFile after = ModelFile.open(Path.of(back))) {
            assertEquals(before.metadata(), after.metadata());
        }
    }

    private static String output(String heap, List<String> files) throws Exception {
        return ChildJvm.run(
                        Duration.ofSeconds(120),
                        List.of(heap, "-XX:TieredStopAtLevel=4"),
                        Vocabulary.class,
                        files.toArray(String[]::new))
                .output();
    }

    /// Quantises and divides a model, and says how much memory that took.
    static final class Sparse {
        private Sparse() {}

        public static void main(String[] args) throws IOException {
            Path model = Path.of(args[0]);
            PrivateMemory memory = new PrivateMemory();
            Conversion conversion = Conversion.from(model);
            try (ModelFile file = conversion.open()) {
                Quantization.of(conversion.view(file, Gguf.FORMAT), FileType.Q4_K_M)
                        .write(model.resolveSibling("small.gguf"), OPTIONS, memory);
            }
            Conversion.from(model)
                    .writing(OPTIONS.withMaxShardTensors(1))
                    .onProgress(memory)
                    .write(model.resolveSibling("shards.safetensors"), Safetensors.FORMAT);
            System.out.println(memory.peakKib());
        }
    }

    @Test
    void hugeTensorsAreQuantisedAndDividedIntoShards() throws Exception {
        Path model = folder.resolve("sparse.safetensors");
        writeSparse(model);
        ChildJvm.Result result = ChildJvm.run(Duration.ofSeconds(120), HEAP, Sparse.class, model.toString());
        assertEquals(0, result.exit(), result::output);
        assertTrue(Long.parseLong(result.output().strip()) < PrivateMemory.MOST_KIB, result::output);
        try (ModelFile small = ModelFile.open(folder.resolve("small.gguf"));
                ModelFile shards = ModelFile.open(folder.resolve("shards.safetensors.index.json"))) {
            assertEquals(TENSORS, shards.parts().size());
            for (Tensor tensor : small.tensors()) {
                assertTrue(tensor.dtype().name().matches("Q[46]_K"), tensor::toString);
                assertEquals(shards.tensor(tensor.name()).shape(), tensor.shape());
                assertEquals(marked(tensor.name()), at(tensor), 0.01f);
                assertEquals(marked(tensor.name()), at(shards.tensor(tensor.name())));
            }
        }
    }

    /// The last number of a tensor, and all that is not zero in it.
    private static float at(Tensor tensor) throws IOException {
        return tensor.slice("-1:, -256:").toFloatArray()[255];
    }

    private static float marked(String name) {
        return 1 + name.charAt(4) - '0';
    }

    private static void writeSparse(Path path) throws IOException {
        long bytes = 4 * ROWS * ROWS;
        StringBuilder header = new StringBuilder("{\"__metadata__\":{\"general.architecture\":\"llama\"}");
        for (int i = 0; i < TENSORS; i++) {
            header.append(",\"blk.%d.ffn_up.weight\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%d,%d]}"
                    .formatted(i, ROWS, ROWS, i * bytes, (i + 1) * bytes));
        }
        byte[] text = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
        Files.write(
                path,
                ByteBuffer.allocate(8 + text.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(text.length)
                        .put(text)
                        .array());
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            for (int i = 0; i < TENSORS; i++) {
                file.seek(8 + text.length + (i + 1) * bytes - 4);
                file.write(ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putFloat(1 + i)
                        .array());
            }
        }
    }
}
