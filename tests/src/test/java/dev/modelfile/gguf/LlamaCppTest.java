package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFormat;
import dev.modelfile.Progress;
import dev.modelfile.WriteOptions;
import dev.modelfile.checkpoint.Checkpoints;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// llama.cpp itself loads what we write, in several quantisations and by way of other formats, and generates tokens;
/// it refuses a truncated file.
class LlamaCppTest {
    private static final List<FileType> TYPES = List.of(
            FileType.F16,
            FileType.Q8_0,
            FileType.Q4_0,
            FileType.Q5_1,
            FileType.Q4_K_M,
            FileType.Q2_K,
            FileType.Q6_K,
            FileType.IQ4_XS,
            FileType.IQ3_S);

    @TempDir
    Path folder;

    @Test
    void loadsWhatWeWrite() throws Exception {
        List<Path> models = new ArrayList<>();
        Path original = folder.resolve("tiny-F32.gguf");
        TinyLlama.write(original);
        models.add(original);
        try (GgufFile model = Gguf.open(original)) {
            for (FileType type : TYPES) {
                Path path = folder.resolve("tiny-" + type + ".gguf");
                Quantization.of(model, type).write(path, WriteOptions.defaults(), Progress.NONE);
                models.add(path);
            }
            for (ModelFormat through : List.of(Safetensors.FORMAT, Checkpoints.FORMAT)) {
                Path other = folder.resolve("tiny." + through.name());
                Path back = folder.resolve("tiny-through-" + through.name() + ".gguf");
                Conversion.from(original).write(other, through);
                Conversion.from(other).metadata(carried -> model.metadata()).write(back, Gguf.FORMAT);
                models.add(back);
            }
            Path shards = folder.resolve("tiny.gguf");
            models.add(Gguf.writer()
                    .metadata(model.metadata())
                    .addAll(model.tensors())
                    .options(WriteOptions.defaults().withMaxShardTensors(8))
                    .write(shards)
                    .get(0));
        }
        Path cut = folder.resolve("tiny-cut.gguf");
        byte[] bytes = Files.readAllBytes(original);
        Files.write(cut, Arrays.copyOf(bytes, bytes.length - 4096));
        models.add(cut);
        List<String> results = results(models);
        assumeFalse(
                results.get(0).startsWith("unavailable"),
                () -> "llama.cpp's native library cannot be loaded (it needs libgomp1): " + results);
        for (int i = 0; i < models.size() - 1; i++) {
            assertTrue(results.get(i).startsWith("loaded "), models.get(i).getFileName() + ": " + results.get(i));
            assertTrue(Integer.parseInt(results.get(i).substring(7)) > 0, models.get(i) + " generated nothing");
        }
        assertEquals(models.size(), results.size());
        assertTrue(results.getLast().startsWith("refused"), results.getLast());
    }

    private List<String> results(List<Path> models) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                LlamaProcess.class.getName()));
        models.forEach(path -> command.add(path.toString()));
        Path log = folder.resolve("llama.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        boolean ended = process.waitFor(100, TimeUnit.SECONDS);
        process.destroyForcibly();
        List<String> lines = Files.readAllLines(log);
        assertTrue(ended, () -> "llama.cpp did not end: " + lines);
        return lines.stream()
                .filter(line -> line.startsWith("RESULT "))
                .map(line -> line.substring(7))
                .toList();
    }
}
