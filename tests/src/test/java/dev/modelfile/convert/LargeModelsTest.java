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
import java.util.ArrayList;
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

    /// Converts one model into another, and says it. What is to be in several files has a name that begins so.
    static final class Vocabulary {
        private Vocabulary() {}

        /// @param args names of files in turn: from, to, from, to, …
        public static void main(String[] args) throws IOException {
            for (int i = 0; i < args.length; i += 2) {
                Path to = Path.of(args[i + 1]);
                ModelFormat format = ModelFormats.installed().byExtension(to).orElseThrow();
                boolean several = to.getFileName().toString().startsWith("shards");
                WriteOptions options = several ? OPTIONS.withMaxShardTensors(100) : OPTIONS;
                Conversion.from(Path.of(args[i])).writing(options).write(to, format);
                System.out.println(to.getFileName());
            }
        }
    }

    @Test
    void largeVocabulariesGoIntoEveryFormatAndBack() throws Exception {
        Path model = folder.resolve("m.gguf");
        LargeVocabulary.write(model);
        List<String> files = new ArrayList<>();
        StringBuilder said = new StringBuilder();
        for (String name : List.of("m.safetensors", "shards.safetensors.index.json", "m.pt", "shards.onnx")) {
            String there = folder.resolve(name).toString();
            String back = folder.resolve("of-" + name + ".gguf").toString();
            files.addAll(List.of(model.toString(), there, there, back));
            said.append(name).append("\nof-").append(name).append(".gguf\n");
        }
        ChildJvm.Result result =
                ChildJvm.run(Duration.ofSeconds(120), HEAP, Vocabulary.class, files.toArray(String[]::new));
        assertEquals(said.toString(), result.output());
        for (int i = 3; i < files.size(); i += 4) {
            assertSame(model, Path.of(files.get(i)));
        }
        // Safetensors alone sorts what it holds.
        assertEquals(-1, Files.mismatch(model, folder.resolve("of-m.pt.gguf")));
        assertEquals(-1, Files.mismatch(model, folder.resolve("of-shards.onnx.gguf")));
        assertTrue(Files.exists(folder.resolve("shards-00003-of-00004.safetensors")));
        try (ModelFile onnx = ModelFile.open(folder.resolve("shards.onnx"))) {
            assertTrue(onnx.parts().size() > 1, "nothing is outside");
        }
    }

    private static void assertSame(Path model, Path back) throws IOException {
        try (ModelFile before = ModelFile.open(model);
                ModelFile after = ModelFile.open(back)) {
            assertEquals(before.metadata(), after.metadata());
            assertEquals(before.tensors().size(), after.tensors().size());
            for (Tensor tensor : before.tensors()) {
                Tensor same = after.tensor(tensor.name());
                assertEquals(tensor.dtype(), same.dtype());
                assertEquals(-1, tensor.segment().mismatch(same.segment()));
            }
        }
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
