package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.DType;
import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelWriter;
import dev.modelfile.Progress;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Plans and bytes of whole models.
class QuantizationTest {
    @TempDir
    Path folder;

    private Path original = Path.of("");

    @BeforeEach
    void writeModel() throws IOException {
        original = folder.resolve("tiny.gguf");
        TinyLlama.write(original);
    }

    @Test
    void planAndFileAgreeAtAnyNumberOfThreads() throws IOException {
        Path one = folder.resolve("one.gguf");
        Path four = folder.resolve("four.gguf");
        try (GgufFile model = Gguf.open(original)) {
            Quantization job = Quantization.of(model, FileType.Q4_K_M).threads(1);
            Quantization.Plan plan = job.plan();
            job.write(one, WriteOptions.defaults(), Progress.NONE);
            job.threads(4).write(four, WriteOptions.defaults(), Progress.NONE);
            assertEquals(-1, Files.mismatch(one, four));
            try (GgufFile result = Gguf.open(one)) {
                for (Quantization.Step step : plan.steps()) {
                    assertEquals(
                            step.type(), result.tensor(step.tensor().name()).dtype());
                    assertEquals(
                            step.bytes(), result.tensor(step.tensor().name()).byteSize());
                }
                assertEquals(plan.bytesAfter(), result.tensors().byteSize());
                assertEquals(Value.u32(15), result.metadata().get("general.file_type"));
                assertEquals(Value.u32(2), result.metadata().get("general.quantization_version"));
                assertEquals(GgmlType.Q6_K, result.tensor("output.weight").dtype());
                assertEquals(
                        ScalarType.F32, result.tensor("blk.0.attn_norm.weight").dtype());
                assertEquals("output.weight", result.tensors().get(0).name());
                float[] before = model.tensor("blk.1.ffn_up.weight").toFloatArray();
                float[] row = Arrays.copyOfRange(before, 256 * 7, 256 * 8);
                byte[] expected = new byte[144];
                GgmlType.Q4_K.encode(row, 0, 256, null, MemorySegment.ofArray(expected), 0);
                byte[] all = result.tensor("blk.1.ffn_up.weight").segment().toArray(ValueLayout.JAVA_BYTE);
                assertArrayEquals(expected, Arrays.copyOfRange(all, 144 * 7, 144 * 8));
            }
        }
    }

    private DType type(Quantization job, String tensor) {
        return job.plan().steps().stream()
                .filter(step -> step.tensor().name().equals(tensor))
                .findFirst()
                .orElseThrow()
                .type();
    }

    @Test
    void optionsChooseTypes() throws IOException {
        try (GgufFile model = Gguf.open(original)) {
            assertEquals(
                    GgmlType.Q4_K, type(Quantization.of(model, FileType.Q4_K_M).pure(true), "output.weight"));
            assertEquals(
                    ScalarType.F32, type(Quantization.of(model, FileType.Q4_K_M).keepOutput(true), "output.weight"));
            Quantization job = Quantization.of(model, FileType.Q4_K_M)
                    .outputType(GgmlType.Q8_0)
                    .embeddingType(ScalarType.F16)
                    .tensorType("BLK\\.0\\.ffn_(up|gate)", GgmlType.Q5_K);
            assertEquals(GgmlType.Q8_0, type(job, "output.weight"));
            assertEquals(ScalarType.F16, type(job, "token_embd.weight"));
            assertEquals(GgmlType.Q5_K, type(job, "blk.0.ffn_up.weight"));
            assertEquals(GgmlType.Q4_K, type(job, "blk.1.ffn_up.weight"));
            assertEquals(ScalarType.BF16, type(Quantization.of(model, FileType.BF16), "output.weight"));
        }
    }

    @Test
    void optionsForOneTensorLeaveTheFallbackOfOthersAlone() throws IOException {
        Path path = folder.resolve("narrow.gguf");
        Gguf.writer()
                .metadata("general.architecture", "llama")
                .add(TensorSource.of("output.weight", Shape.of(2, 256), new float[512]))
                .add(TensorSource.of("token_embd.weight", Shape.of(2, 256), new float[512]))
                .add(TensorSource.of("per_layer_token_embd.weight", Shape.of(2, 256), new float[512]))
                .add(TensorSource.of("blk.0.attn_q.weight", Shape.of(2, 64), new float[128]))
                .write(path);
        try (GgufFile model = Gguf.open(path)) {
            Quantization job = Quantization.of(model, FileType.Q6_K)
                    .outputType(GgmlType.Q6_K)
                    .embeddingType(GgmlType.Q6_K);
            assertEquals(GgmlType.Q8_0, type(job, "blk.0.attn_q.weight"));
            job.embeddingType(GgmlType.Q4_0).tensorType("token_embd", GgmlType.Q5_0);
            assertEquals(GgmlType.Q4_0, type(job, "token_embd.weight"));
            assertEquals(GgmlType.Q5_0, type(job, "per_layer_token_embd.weight"));
        }
    }

    @Test
    void typesThatAreNotKnownAreRefusedByName() throws IOException {
        Path path = folder.resolve("unknown.gguf");
        Files.write(
                path,
                Crafted.file()
                        .tensor("a.weight", 99, 0, 1L << 61, 2)
                        .tensor("b.weight", 99, 32, 1L << 61, 2)
                        .data(64)
                        .bytes());
        try (GgufFile model = Gguf.open(path)) {
            String unknown = assertThrows(
                            IllegalArgumentException.class,
                            () -> Quantization.of(model, FileType.Q4_0).plan())
                    .toString();
            assertTrue(unknown.contains("a.weight") && unknown.contains("GGML_99"), unknown);
        }
    }

    @Test
    void weightsOfAllTensorsCountAgainstTheLimit() throws IOException {
        Path path = folder.resolve("large-imatrix.gguf");
        ModelWriter writer = Gguf.writer().metadata("general.type", "imatrix");
        for (String name : List.of("a.weight", "b.weight")) {
            writer.add(TensorSource.of(name + ".in_sum2", Shape.of(1, 1000), new float[1000]));
            writer.add(TensorSource.of(name + ".counts", Shape.of(1, 1), 1));
        }
        writer.write(path);
        ReadOptions options = ReadOptions.defaults();
        ReadOptions enough = options.withLimits(options.limits().withMaxHeapBytes(17_000));
        ReadOptions tooLittle = options.withLimits(options.limits().withMaxHeapBytes(12_000));
        assertEquals(2, ImportanceMatrix.read(path, enough).names().size());
        assertThrows(LimitExceededException.class, () -> ImportanceMatrix.read(path, tooLittle));
    }

    @Test
    void refusalsNameTheTensorAndTheWayOut() throws IOException {
        Path quantised = folder.resolve("q8.gguf");
        try (GgufFile model = Gguf.open(original)) {
            String missing = assertThrows(
                            IllegalArgumentException.class,
                            () -> Quantization.of(model, FileType.IQ2_XS).plan())
                    .toString();
            assertTrue(missing.contains("importance matrix") && missing.contains(".weight"), missing);
            Quantization.of(model, FileType.Q8_0).write(quantised, WriteOptions.defaults(), Progress.NONE);
        }
        try (GgufFile model = Gguf.open(quantised)) {
            String twice = assertThrows(
                            IllegalArgumentException.class,
                            () -> Quantization.of(model, FileType.Q4_0).plan())
                    .toString();
            assertTrue(twice.contains("Q8_0 already"), twice);
            assertFalse(Quantization.of(model, FileType.Q4_0)
                    .requantize(true)
                    .plan()
                    .steps()
                    .isEmpty());
        }
        Path broken = folder.resolve("nan.gguf");
        float[] values = new float[64];
        values[37] = Float.NaN;
        Gguf.writer().add(TensorSource.of("a.weight", Shape.of(2, 32), values)).write(broken);
        Path target = folder.resolve("never.gguf");
        try (GgufFile model = Gguf.open(broken)) {
            String nan = assertThrows(
                            IllegalArgumentException.class,
                            () -> Quantization.of(model, FileType.Q4_0)
                                    .write(target, WriteOptions.defaults(), Progress.NONE))
                    .toString();
            assertTrue(nan.contains("a.weight") && nan.contains("row 1") && nan.contains("NaN"), nan);
        }
        assertFalse(Files.exists(target));
    }

    @Test
    void importanceMatricesOfBothKindsGiveTheSameBytes() throws IOException {
        Path legacy = folder.resolve("imatrix.dat");
        Files.write(legacy, legacy());
        ImportanceMatrix old = ImportanceMatrix.read(legacy);
        assertEquals(List.of("wiki.txt"), old.datasets());
        Path modern = folder.resolve("imatrix.gguf");
        old.write(modern, WriteOptions.defaults());
        ImportanceMatrix read = ImportanceMatrix.read(modern);
        assertEquals(old.names(), read.names());
        assertArrayEquals(
                old.weights("blk.0.attn_q.weight").orElseThrow(),
                read.weights("blk.0.attn_q.weight").orElseThrow());
        assertEquals(2.5f, read.weights("blk.0.attn_q.weight").orElseThrow()[5]);
        Path with = folder.resolve("with.gguf");
        Path without = folder.resolve("without.gguf");
        try (GgufFile model = Gguf.open(original)) {
            Quantization.of(model, FileType.Q4_K_S)
                    .importance(read, "x")
                    .write(with, WriteOptions.defaults(), Progress.NONE);
            Quantization.of(model, FileType.Q4_K_S).write(without, WriteOptions.defaults(), Progress.NONE);
            String narrow = assertThrows(
                            IllegalArgumentException.class,
                            () -> Quantization.of(model, FileType.IQ2_XS)
                                    .importance(read, "x")
                                    .plan())
                    .toString();
            assertTrue(narrow.contains("no weights for it"), narrow);
        }
        try (GgufFile a = Gguf.open(with);
                GgufFile b = Gguf.open(without)) {
            assertEquals(Value.u32(1), a.metadata().get("quantize.imatrix.entries_count"));
            assertFalse(a.tensor("blk.0.attn_q.weight")
                    .sha256()
                    .equals(b.tensor("blk.0.attn_q.weight").sha256()));
            assertEquals(
                    a.tensor("blk.1.attn_q.weight").sha256(),
                    b.tensor("blk.1.attn_q.weight").sha256());
        }
    }

    @Test
    void weightsThatDoNotFitAreRefusedByThePlan() throws IOException {
        Path path = folder.resolve("narrow.gguf");
        Gguf.writer()
                .metadata("general.type", "imatrix")
                .add(TensorSource.of("blk.0.attn_q.weight.in_sum2", Shape.of(1, 4), 1, 2, 3, 4))
                .add(TensorSource.of("blk.0.attn_q.weight.counts", Shape.of(1, 1), 1))
                .add(TensorSource.of("token_embd.weight.in_sum2", Shape.of(1, 4), 1, 2, 3, 4))
                .add(TensorSource.of("token_embd.weight.counts", Shape.of(1, 1), 1))
                .write(path);
        try (GgufFile model = Gguf.open(original)) {
            Quantization job = Quantization.of(model, FileType.Q4_K_S).importance(ImportanceMatrix.read(path), "x");
            String refused =
                    assertThrows(IllegalArgumentException.class, job::plan).toString();
            assertTrue(refused.contains("blk.0.attn_q.weight") && refused.contains("another model"), refused);
        }
    }

    /// llama-quantize takes sums that were never counted as they are.
    @Test
    void uncountedSumsOfTheOlderKindAreTaken() throws IOException {
        Path path = folder.resolve("uncounted.dat");
        byte[] bytes = legacy();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(4 + 4 + "blk.0.attn_q.weight".length(), 0);
        Files.write(path, bytes);
        assertEquals(
                5f, ImportanceMatrix.read(path).weights("blk.0.attn_q.weight").orElseThrow()[5]);
    }

    /// Two calls that sum up to i for column i.
    private static byte[] legacy() {
        byte[] name = "blk.0.attn_q.weight".getBytes(StandardCharsets.US_ASCII);
        byte[] dataset = "wiki.txt".getBytes(StandardCharsets.US_ASCII);
        ByteBuffer out = ByteBuffer.allocate(4 + 4 + name.length + 8 + 4 * 256 + 8 + dataset.length)
                .order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(1).putInt(name.length).put(name).putInt(2).putInt(256);
        for (int i = 0; i < 256; i++) {
            out.putFloat(i);
        }
        return out.putInt(2).putInt(dataset.length).put(dataset).array();
    }

    @Test
    void brokenImportanceMatricesAreRefused() throws IOException {
        byte[] sound = legacy();
        Path path = folder.resolve("broken.dat");
        for (int length = 0; length < 60; length++) {
            Files.write(path, Arrays.copyOf(sound, length));
            assertThrows(ModelFormatException.class, () -> ImportanceMatrix.read(path));
        }
        ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).putFloat(31 + 40, Float.NaN);
        Files.write(path, sound);
        assertThrows(ModelFormatException.class, () -> ImportanceMatrix.read(path));
        assertChunksRefused(new Value.Int(Value.Type.I32, -5));
        assertChunksRefused(Value.of("many"));
    }

    /// The number goes into the quantised model, as U32.
    private void assertChunksRefused(Value chunks) throws IOException {
        Path path = folder.resolve("chunks.gguf");
        Gguf.writer()
                .metadata("general.type", "imatrix")
                .metadata("imatrix.chunk_count", chunks)
                .add(TensorSource.of("a.in_sum2", Shape.of(1, 4), new float[4]))
                .add(TensorSource.of("a.counts", Shape.of(1, 1), 1))
                .options(WriteOptions.defaults().withOverwrite(true))
                .write(path);
        String refused = assertThrows(ModelFormatException.class, () -> ImportanceMatrix.read(path))
                .toString();
        assertTrue(refused.contains("imatrix.chunk_count"), refused);
    }

    @Test
    void typesOfComputationAreNotWritten() throws IOException {
        try (GgufFile model = Gguf.open(original)) {
            for (GgmlType type : List.of(GgmlType.Q8_1, GgmlType.Q8_K)) {
                Quantization job = Quantization.of(model, FileType.Q4_0).embeddingType(type);
                String refused =
                        assertThrows(IllegalArgumentException.class, job::plan).toString();
                assertTrue(refused.contains("token_embd.weight") && refused.contains("compute"), refused);
            }
        }
    }
}
