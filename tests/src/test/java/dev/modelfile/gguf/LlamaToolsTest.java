package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.Progress;
import dev.modelfile.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Whole files and manifests, byte for byte as `llama-quantize`, `llama-gguf-split` and `llama-gguf-hash` made them.
class LlamaToolsTest {
    @TempDir
    static Path folder;

    private static JsonNode expected;

    @BeforeAll
    static void writeModels() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(LlamaToolsTest.class.getResourceAsStream("/fixtures/quantized/llama.json"))) {
            expected = new ObjectMapper().readTree(in.readAllBytes());
        }
        NumbersLlama.write(folder.resolve("dense.gguf"), folder.resolve("dense.imatrix.gguf"), 1, 256, 0);
        NumbersLlama.write(folder.resolve("experts.gguf"), folder.resolve("experts.imatrix.gguf"), 1, 32, 8);
    }

    private static String digest(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Test
    void theModelsAreThoseTheToolsWereGiven() throws IOException {
        JsonNode sources = expected.get("sources");
        assertEquals(4, sources.size());
        for (String name : sources.propertyNames()) {
            assertEquals(sources.get(name).stringValue(), digest(folder.resolve(name)), name);
        }
    }

    @Test
    void quantisedFilesAreTheSame() throws IOException {
        List<String> other = new ArrayList<>();
        for (JsonNode row : expected.get("quantized")) {
            String name = row.get("model").stringValue();
            Path out = folder.resolve("out.gguf");
            try (GgufFile model = Gguf.open(folder.resolve(name + ".gguf"))) {
                Quantization job = Quantization.of(
                        model, FileType.named(row.get("mix").stringValue()).orElseThrow());
                if (row.get("imatrix").booleanValue()) {
                    String matrix = name + ".imatrix.gguf";
                    job.importance(ImportanceMatrix.read(folder.resolve(matrix)), matrix);
                }
                job.write(out, WriteOptions.defaults().withOverwrite(true).withSync(false), Progress.NONE);
            }
            if (!digest(out).equals(row.get("sha256").stringValue())) {
                other.add(row.toString());
            }
        }
        assertTrue(expected.get("quantized").size() > 30);
        assertEquals(List.of(), other);
    }

    @Test
    void shardsAreTheSameAndGiveTheModelBack() throws IOException {
        Path target = folder.resolve("shards.gguf");
        List<Path> written = Conversion.from(folder.resolve("dense.gguf"))
                .writing(WriteOptions.defaults().withMaxShardTensors(9))
                .write(target, Gguf.FORMAT)
                .written();
        assertEquals(expected.get("shards").size(), written.size());
        for (JsonNode shard : expected.get("shards")) {
            String name = shard.get(0).stringValue();
            assertEquals(shard.get(1).stringValue(), digest(folder.resolve(name)), name);
        }
        Conversion.from(written.get(0)).write(target, Gguf.FORMAT);
        assertEquals(-1, Files.mismatch(folder.resolve("dense.gguf"), target));
    }

    @Test
    void manifestsAreTheSame() throws IOException {
        try (GgufFile model = Gguf.open(folder.resolve("experts.gguf"))) {
            List<String> lines =
                    GgufHash.manifest(model, "experts.gguf", EnumSet.allOf(GgufHash.Algorithm.class), true).stream()
                            .map(GgufHash.Line::toString)
                            .toList();
            List<String> theirs = expected.get("manifest")
                    .valueStream()
                    .map(JsonNode::stringValue)
                    .toList();
            assertEquals(theirs, lines);
            assertTrue(GgufHash.check(model, "experts.gguf", GgufHash.parse(String.join("\n", theirs)))
                    .matches());
        }
    }
}
