package dev.modelfile.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.gguf.GgufFile;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The verbs on GGUF.
final class GgufVerbsTest {
    private static final int WIDTH = 256;

    @TempDir
    private Path folder;

    private Path model = Path.of("");

    @BeforeEach
    void write() throws IOException {
        model = folder.resolve("tiny.gguf");
        Random random = new Random(7);
        Gguf.writer()
                .metadata("general.architecture", "llama")
                .metadata("general.name", "tiny")
                .metadata("llama.block_count", Value.u32(1))
                .metadata("llama.context_length", Value.u32(128))
                .metadata("tokenizer.ggml.model", "gpt2")
                .add(matrix(random, "token_embd.weight", 64, WIDTH))
                .add(matrix(random, "output.weight", 64, WIDTH))
                .add(matrix(random, "blk.0.attn_q.weight", WIDTH, WIDTH))
                .add(matrix(random, "blk.0.ffn_down.weight", WIDTH, 32))
                .add(TensorSource.of("output_norm.weight", Shape.of(2), 1f, 1f))
                .write(model);
    }

    private static TensorSource matrix(Random random, String name, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return TensorSource.of(name, Shape.of(rows, columns), values);
    }

    @Test
    void quantizesAsPlanned() throws IOException {
        Path out = folder.resolve("q.gguf");
        Cli human =
                Cli.run("quantize", model, out, "--type", "Q4_K_M", "--dry-run").expect(0);
        assertTrue(human.out().contains("do not fill"), human.out());
        assertTrue(human.out().contains("bits/weight"), human.out());
        JsonNode plan = Cli.run("quantize", model, out, "--type", "q4_k_m", "--dry-run", "--format", "json")
                .expect(0)
                .json();
        assertFalse(Files.exists(out));
        assertTrue(plan.get("dryRun").asBoolean());
        Cli run = Cli.run("quantize", model, out, "--type", "Q4_K_M", "--threads", "2")
                .expect(0);
        assertTrue(run.out().startsWith("wrote " + out), run.out());
        try (ModelFile result = ModelFile.open(out)) {
            assertEquals(5, plan.get("tensors").size());
            for (JsonNode step : plan.get("tensors")) {
                var tensor = result.tensor(step.get("to").asString());
                assertEquals(step.get("toDtype").asString(), tensor.dtype().name());
                assertEquals(step.get("bytes").asLong(), tensor.byteSize());
            }
            assertEquals(GgmlType.Q4_K, result.tensor("blk.0.attn_q.weight").dtype());
        }
        Cli.run("validate", out).expect(0);
    }

    @Test
    void quantizeTakesRules() throws IOException {
        Path out = folder.resolve("q.gguf");
        Cli.run(
                        "quantize",
                        model,
                        out,
                        "--type",
                        "Q4_0",
                        "--tensor-type",
                        "attn_q=Q8_0",
                        "--output-tensor-type",
                        "F16",
                        "--token-embedding-type",
                        "Q5_1")
                .expect(0);
        try (ModelFile result = ModelFile.open(out)) {
            assertEquals(GgmlType.Q8_0, result.tensor("blk.0.attn_q.weight").dtype());
            assertEquals(ScalarType.F16, result.tensor("output.weight").dtype());
            assertEquals(GgmlType.Q5_1, result.tensor("token_embd.weight").dtype());
            assertEquals(GgmlType.Q4_0, result.tensor("blk.0.ffn_down.weight").dtype());
        }
        Path again = folder.resolve("again.gguf");
        Cli.run("quantize", out, again, "--type", "Q4_K").expectFailure(2, "already", "--allow-requantize");
        Cli.run("quantize", out, again, "--type", "Q8_0", "--allow-requantize", "--pure")
                .expect(0);
        Path kept = folder.resolve("kept.gguf");
        Cli.run("quantize", model, kept, "--type", "Q8_0", "--leave-output-tensor")
                .expect(0);
        try (ModelFile result = ModelFile.open(kept)) {
            assertEquals(ScalarType.F32, result.tensor("output.weight").dtype());
        }
    }

    @Test
    void quantizeRefusesInOneLine() throws IOException {
        byte[] before = Files.readAllBytes(model);
        Path out = folder.resolve("q.gguf");
        Cli.run("quantize", model, model, "--type", "Q8_0").expectFailure(2, "exists already", "--force");
        assertArrayEquals(before, Files.readAllBytes(model));
        Cli.run("quantize", model, out, "--type", "Q9").expectFailure(64, "Q9", "Q4_K_M");
        Cli.run("quantize", model, out, "--type", "Q4_0", "--tensor-type", "[=Q8_0")
                .expectFailure(64, "regular expression");
        Cli.run("quantize", model, out, "--type", "Q4_0", "--tensor-type", "a=Q99")
                .expectFailure(64, "Q99");
        Cli.run("quantize", model, out, "--type", "IQ1_S")
                .expectFailure(2, "importance matrix", "--imatrix FILE", "--tensor-type RE=TYPE");
        Cli.run("quantize", model, out, "--type", "NVFP4").expectFailure(2, "--tensor-type");
        Cli.run("quantize", model, out, "--type", "Q4_0", "--output-tensor-type", "Q8_K")
                .expectFailure(2, "output.weight", "choose another type");
        assertFalse(Files.exists(out));
    }

    @Test
    void whatATargetCannotHoldNamesTheOption() throws IOException {
        Path named = folder.resolve("named.safetensors");
        Safetensors.writer()
                .add(TensorSource.of("n".repeat(70), Shape.of(1, 1, 1, 1, 1), 1))
                .write(named);
        Cli.run("convert", named, folder.resolve("n.gguf")).expectFailure(2, "--fit");
        Cli.run("quantize", named, folder.resolve("n.gguf"), "--type", "Q8_0").expectFailure(2, "--fit");
        Path blocks = folder.resolve("q.gguf");
        Cli.run("quantize", model, blocks, "--type", "Q8_0").expect(0);
        Cli.run("convert", blocks, folder.resolve("q.safetensors")).expectFailure(2, "Q8_0", "--type");
    }

    /// Bytes that are not UTF-8 have a place in GGUF alone.
    @Test
    void namesThatAreNoTextAreToldApart() throws IOException {
        Path odd = folder.resolve("odd.gguf");
        Gguf.writer()
                .metadata("k\uDCFF", "v")
                .add(TensorSource.of("a", Shape.of(1), 1))
                .write(odd);
        Cli done = Cli.run("convert", odd, folder.resolve("odd.safetensors")).expect(0);
        assertTrue(done.out().contains("dropped metadata"), done.out());
        Path named = folder.resolve("named.gguf");
        Gguf.writer().add(TensorSource.of("t\uDCFE", Shape.of(1), 1)).write(named);
        Cli.run("convert", named, folder.resolve("named.safetensors")).expectFailure(2, "name of 1 tensor", "--rename");
        Path fitted = folder.resolve("fitted.safetensors");
        Cli.run("convert", named, fitted, "--fit").expect(0);
        try (ModelFile result = ModelFile.open(fitted)) {
            assertTrue(result.tensors().get(0).name().endsWith("~t?"));
        }
    }

    @Test
    void manifestsEscapeNamesAndKnowThemAgain() throws IOException {
        Path odd = folder.resolve("odd.gguf");
        Gguf.writer()
                .add(TensorSource.of("t\nsha256    00  x\\", Shape.of(1), 1))
                .write(odd);
        String manifest =
                Cli.run("hash", odd, "--algorithm", "sha256").expect(0).out();
        assertEquals(2, manifest.lines().count(), manifest);
        Path file = Files.writeString(folder.resolve("manifest"), manifest);
        Cli.run("hash", odd, "--check", file).expect(0);
    }

    @Test
    void foldersOfShardsAreModels() throws IOException {
        Path shards = Files.createDirectory(folder.resolve("shards"));
        Cli.run("split", model, shards.resolve("m.gguf"), "--max-tensors", "2").expect(0);
        Cli.run("validate", shards).expect(0);
        Cli.run("diff", model, shards, "--ignore-metadata").expect(0);
        Path merged = folder.resolve("merged.gguf");
        Cli.run("merge", shards, merged).expect(0);
        assertArrayEquals(Files.readAllBytes(model), Files.readAllBytes(merged));
        Cli.run("hash", shards, "--algorithm", "xxh64").expect(0);
        Cli.run("quantize", shards, folder.resolve("q.gguf"), "--type", "Q8_0").expect(0);
    }

    @Test
    void infoTellsWhatTheFormatKnows() {
        Cli human = Cli.run("info", model).expect(0);
        assertTrue(human.out().contains("architecture  llama"), human.out());
        JsonNode summary =
                Cli.run("info", model, "--format", "json").expect(0).json().get("summary");
        assertEquals("llama", summary.get("architecture").asString());
        assertEquals(128, summary.get("context length").asLong());
        assertEquals("gpt2", summary.get("tokenizer").asString());
        assertEquals(32, summary.get("bits per weight").asDouble());
        assertEquals("F32 5", summary.get("tensor types").asString());
    }

    @Test
    void convertsToBlocksAndByteOrders() throws IOException {
        Path out = folder.resolve("out.gguf");
        Cli.run("convert", model, out, "--type", ".*norm.*=F32", "--type", "F32=Q8_0")
                .expect(0);
        try (ModelFile result = ModelFile.open(out)) {
            assertEquals(GgmlType.Q8_0, result.tensor("output.weight").dtype());
            assertEquals(ScalarType.F32, result.tensor("output_norm.weight").dtype());
        }
        Path big = folder.resolve("big.gguf");
        Path little = folder.resolve("little.gguf");
        Cli.run("convert", out, big, "--byte-order", "big").expect(0);
        try (GgufFile result = Gguf.open(big)) {
            assertEquals(ByteOrder.BIG_ENDIAN, result.byteOrder());
        }
        Cli.run("diff", out, big).expect(0);
        Cli.run("convert", big, little, "--byte-order", "little").expect(0);
        assertArrayEquals(Files.readAllBytes(out), Files.readAllBytes(little));
        Cli.run("convert", out, little, "--byte-order", "middle").expect(64);
    }

    @Test
    void editsTypedValuesAndTexts() throws IOException {
        Path template = Files.writeString(folder.resolve("t.jinja"), "{{ a }}\n=b\n");
        Cli edit = Cli.run(
                        "edit",
                        model,
                        "--set",
                        "general.name=other",
                        "--set",
                        "llama.context_length=u32:8192",
                        "--set-file",
                        "tokenizer.chat_template=" + template,
                        "--rename-tensor",
                        "output_norm.weight=norm.weight",
                        "--remove",
                        "tokenizer.ggml.model")
                .expect(0);
        assertTrue(edit.out().contains("in place") || edit.out().contains("anew"), edit.out());
        try (ModelFile result = ModelFile.open(model)) {
            assertEquals("other", result.metadata().getString("general.name"));
            assertEquals(Value.u32(8192), result.metadata().get("llama.context_length"));
            assertEquals("{{ a }}\n=b\n", result.metadata().getString("tokenizer.chat_template"));
            assertFalse(result.metadata().find("tokenizer.ggml.model").isPresent());
            assertArrayEquals(new float[] {1, 1}, result.tensor("norm.weight").toFloatArray());
        }
        assertTrue(Cli.run("edit", model, "--set", "general.name=short")
                .expect(0)
                .out()
                .contains("in place"));
        Path binary = Files.write(folder.resolve("b"), new byte[] {(byte) 0xFF});
        Cli.run("edit", model, "--set-file", "a=" + binary).expectFailure(2, "UTF-8");
        Cli.run("edit", model, "--set-file", "a=" + folder.resolve("no")).expectFailure(2, "no such file");
    }

    /// What a file holds may be of any type, and is said although the edit replaces the file.
    @Test
    void aKeyKeepsItsType() throws IOException {
        Path vocabulary = folder.resolve("vocabulary.gguf");
        Files.copy(Path.of("src/test/resources/fixtures/gguf/vocab.gguf"), vocabulary);
        Cli.run(
                        "edit",
                        vocabulary,
                        "--set",
                        "n=u32:7",
                        "--set",
                        "f=f32:1",
                        "--set",
                        "b=bool:false",
                        "--set",
                        "s=[i8]:[1]")
                .expect(0);
        Cli edit = Cli.run(
                        "edit", vocabulary, "--set", "n=8", "--set", "f=0.5", "--set", "b=true", "--set", "s=[2, -3]")
                .expect(0);
        assertTrue(edit.out().contains("n: 7 → 8") && edit.out().contains("s: [1] → [2, -3]"), edit.out());
        JsonNode json = Cli.run(
                        "edit",
                        vocabulary,
                        "--remove",
                        "tokenizer.ggml.merges",
                        "--set",
                        "long=" + "x".repeat(9000),
                        "--format",
                        "json")
                .expect(0)
                .json();
        assertEquals("rewritten", json.get("result").asString());
        assertEquals(300, json.get("metadata").get("tokenizer.ggml.tokens").size());
        try (ModelFile result = ModelFile.open(vocabulary)) {
            assertEquals(Value.u32(8), result.metadata().get("n"));
            assertEquals(Value.f32(0.5f), result.metadata().get("f"));
            assertEquals(Value.of(true), result.metadata().get("b"));
            assertEquals(Value.Type.I8, ((Value.Array) result.metadata().get("s")).elementType());
        }
        Cli.run("edit", vocabulary, "--set", "n=many").expectFailure(64, "no value of type u32", "'str:'");
        Cli.run("edit", vocabulary, "--set", "s=[1000]").expectFailure(64, "not an array of [i8]", "'str:'");
        Cli.run("edit", vocabulary, "--set", "new=u8:300").expectFailure(64, "'300' is no value of type u8");
        Cli.run("edit", vocabulary, "--set", "n=str:many").expect(0);
    }

    @Test
    void splitsAndMerges() throws IOException {
        Cli.run("split", model, folder.resolve("s.gguf"), "--max-tensors", "2").expect(0);
        Path first = folder.resolve("s-00001-of-00003.gguf");
        Path merged = folder.resolve("merged.gguf");
        Cli.run("merge", first, merged).expect(0);
        assertArrayEquals(Files.readAllBytes(model), Files.readAllBytes(merged));
        Cli.run("ls", first).expect(0);
    }

    @Test
    void printsAndChecksManifests() throws IOException {
        Cli hash = Cli.run("hash", model, "--algorithm", "sha1", "-a", "uuid", "-a", "xxh64")
                .expect(0);
        assertEquals(5 * 2 + 3, hash.out().lines().count());
        assertTrue(hash.out().lines().anyMatch(line -> line.matches("sha1 {6}[0-9a-f]{40}  .*:output.weight")));
        Path manifest = Files.write(folder.resolve("manifest"), hash.bytes());
        assertTrue(Cli.run("hash", model, "--check", manifest).expect(0).out().startsWith("OK, sha1"));
        Path other = Files.createDirectory(folder.resolve("other")).resolve("tiny.gguf");
        Cli.run("hash", model, "-a", "sha256").expect(0);
        Files.write(manifest, Cli.run("hash", model, "-a", "sha256").bytes());
        Cli.run("convert", model, other, "--type", "output.weight=F16").expect(0);
        Cli differing = Cli.run("hash", other, "--check", manifest).expect(1);
        assertEquals("differs  " + model + ":output.weight\ndiffers  " + model + "\n", differing.out());
        JsonNode json = Cli.run("hash", other, "--check", manifest, "--format", "json")
                .expect(1)
                .json();
        assertFalse(json.get("matches").asBoolean());
        assertEquals(2, json.get("differing").size());
        Cli.run("hash", Cli.MODEL, "--check", manifest).expectFailure(2, "says nothing about");
        Cli.run("hash", model, "-a", "md5").expectFailure(64, "md5", "xxh64");
        Cli.run("hash", model, "-a", "sha1", "--check", manifest).expectFailure(64, "--check");
    }

    @Test
    void keepsTheByteOrderOfWhatItRewrites() throws IOException {
        Path big = folder.resolve("big.gguf");
        Cli.run("convert", model, big, "--byte-order", "big").expect(0);
        Cli.run("edit", big, "--set", "general.description=" + "x".repeat(5000)).expect(0);
        try (GgufFile result = Gguf.open(big)) {
            assertEquals(ByteOrder.BIG_ENDIAN, result.byteOrder());
        }
        Cli.run("diff", model, big, "--ignore-metadata").expect(0);
    }

    @Test
    void quantizesByAnImportanceMatrixAndIntoShards() throws IOException {
        Path matrix = folder.resolve("imatrix.gguf");
        float[] sums = new float[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            sums[i] = 1 + i * i;
        }
        Gguf.writer()
                .metadata("general.type", "imatrix")
                .metadata("imatrix.chunk_count", Value.u32(3))
                .add(TensorSource.of("blk.0.attn_q.weight.in_sum2", Shape.of(1, WIDTH), sums))
                .add(TensorSource.of("blk.0.attn_q.weight.counts", Shape.of(1, 1), 2f))
                .write(matrix);
        Path plain = folder.resolve("plain.gguf");
        Path out = folder.resolve("q.gguf");
        Cli.run("quantize", model, plain, "--type", "Q4_K_S").expect(0);
        Cli.run("quantize", model, out, "--type", "Q4_K_S", "--imatrix", matrix, "--max-tensors", "3")
                .expect(0);
        Cli.run("diff", plain, folder.resolve("q-00001-of-00002.gguf"), "--ignore-metadata", "--format", "json")
                .expect(1);
        try (ModelFile one = ModelFile.open(plain);
                ModelFile two = ModelFile.open(folder.resolve("q-00001-of-00002.gguf"))) {
            assertEquals(matrix.toString(), two.metadata().getString("quantize.imatrix.file"));
            assertEquals(
                    -1,
                    one.tensor("output.weight")
                            .segment()
                            .mismatch(two.tensor("output.weight").segment()));
            assertTrue(one.tensor("blk.0.attn_q.weight")
                            .segment()
                            .mismatch(two.tensor("blk.0.attn_q.weight").segment())
                    >= 0);
        }
        Cli.run("quantize", model, out, "--type", "Q4_K_S", "--imatrix", model)
                .expectFailure(2, "not an importance matrix");
    }
}
