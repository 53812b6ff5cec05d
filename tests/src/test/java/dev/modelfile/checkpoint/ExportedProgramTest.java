package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.Value;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The `.pt2` archives of `torch.export`: weights and constants are read, the program and its pickles are not run.
final class ExportedProgramTest {
    private static final String WEIGHTS = "a/data/weights/";
    private static final String CONSTANTS = "a/data/constants/model_constants_config.json";

    @TempDir
    private Path folder;

    private static String entry(String name, String record, String meta) {
        return "\"" + name + "\":{\"path_name\":\"" + record + "\",\"is_param\":false,\"use_pickle\":false,"
                + "\"tensor_meta\":" + meta + "}";
    }

    private static String meta(int dtype, int size, int stride, String offset) {
        return "{\"dtype\":" + dtype + ",\"sizes\":[{\"as_int\":" + size + "}],\"strides\":[{\"as_int\":" + stride
                + "}],\"requires_grad\":false,\"storage_offset\":{\"as_int\":" + offset + "},\"layout\":7}";
    }

    private Path archive(String weights, Object... more) throws IOException {
        Object[] records = new Object[8 + more.length];
        System.arraycopy(
                new Object[] {
                    "a/archive_format",
                    "pt2",
                    "a/models/model.json",
                    "{}",
                    WEIGHTS + "model_weights_config.json",
                    "{\"config\":{" + weights + "}}",
                    CONSTANTS,
                    "{\"config\":{}}"
                },
                0,
                records,
                0,
                8);
        System.arraycopy(more, 0, records, 8, more.length);
        return Files.write(folder.resolve("x.pt2"), Samples.zip(records));
    }

    private static Verdict verdict(Path path) throws IOException {
        return ModelScanner.standard().scan(path).results().get(0).verdict();
    }

    private static ModelFormatException refused(Path path) {
        return assertThrows(ModelFormatException.class, () -> Checkpoints.open(path));
    }

    @ParameterizedTest
    @ValueSource(strings = {"export.pt2", "export-2.8.pt2", "export-2.7.pt2"})
    void allLayoutsGiveOneModel(String name) throws IOException {
        try (CheckpointFile file = Checkpoints.open(Samples.PICKLES.resolve(name))) {
            assertEquals(CheckpointFile.Container.EXPORT, file.container());
            assertEquals(Value.of(false), file.metadata().get("narrow.requires_grad"));
            assertEquals(
                    file.tensor("first.weight").offset(),
                    file.tensor("again.weight").offset());
            assertEquals(Shape.of(0, 3), file.tensor("none").shape());
        }
        assertTrue(ModelScanner.standard().scan(Samples.PICKLES.resolve(name)).isClean());
    }

    @Test
    void pickledWeightsAreReadAndNotRun() throws IOException {
        byte[] inner = Samples.checkpoint(
                Samples.tensor(2, "K\0K\u0002\u0085K\u0001\u0085")
                        .replace("}X\u0001\0\0\0w", "")
                        .replace("Rs.", "R."),
                new byte[8]);
        String weights = entry("w", "weight_0", meta(7, 2, 1, "0")).replace("pickle\":false", "pickle\":true");
        try (CheckpointFile file = Checkpoints.open(archive(weights, WEIGHTS + "weight_0", inner))) {
            assertEquals(Shape.of(2), file.tensor("w").shape());
        }
        Path evil = archive(weights, WEIGHTS + "weight_0", Samples.checkpoint("cos\nsystem\n(S'echo'\ntR."));
        try (CheckpointFile file = Checkpoints.open(evil)) {
            assertEquals("a pickled object, which is not read", file.metadata().getString("w"));
        }
        assertEquals(Verdict.DANGEROUS, verdict(evil));
    }

    @ParameterizedTest
    @ValueSource(strings = {"opaque_obj_0", "custom_obj_0"})
    void constantsOfOtherNamesAreNoNumbersWhateverTheConfigurationSays(String record) throws IOException {
        String call = "cos\nsystem\n(S'echo'\ntR.";
        String folder = "a/data/constants/";
        String config = "{\"config\":{" + entry("c", record, meta(1, call.length(), 1, "0")) + "}}";
        Path path = archive("", folder + "x_constants_config.json", config, folder + record, call);
        assertEquals(Verdict.DANGEROUS, verdict(path));
    }

    @Test
    void whatHasNoDataIsSaid() throws IOException {
        String weights = entry("fake", "weight_0", meta(7, 3, 1, "0")) + ","
                + entry("odd", "weight_1", meta(99, 1, 1, "0")) + "," + entry("object", "weight_1", "null");
        try (CheckpointFile file =
                Checkpoints.open(archive(weights, WEIGHTS + "weight_0", "", WEIGHTS + "weight_1", "x"))) {
            assertEquals(0, file.tensors().size());
            assertEquals(3, file.metadata().size());
        }
    }

    @Test
    void liesAreRefused() throws IOException {
        byte[] eight = new byte[8];
        String record = WEIGHTS + "weight_0";
        for (String meta : new String[] {
            meta(7, 3, 1, "0"),
            meta(7, 2, 2, "0"),
            meta(7, 1, 1, "2"),
            meta(8, 1, 1, "1"),
            meta(7, 1, 1, "9223372036854775807"),
            meta(7, 1, 1, "18446744073709551615"),
            meta(7, 1, 1, "1").replace("\"as_int\":1}", "\"as_expr\":1}"),
            meta(7, 1, 1, "0").replace("\"strides\":[{\"as_int\":1}]", "\"strides\":[]"),
            "{}",
            "7"
        }) {
            refused(archive(entry("w", "weight_0", meta), record, eight));
        }
        String whole = entry("w", "weight_0", meta(7, 2, 1, "0"));
        refused(archive(whole));
        refused(archive(whole + "," + whole, record, eight));
        refused(archive(whole + "}", record, eight));
        refused(archive(entry("w", "../../../secret", meta(7, 2, 1, "0")), "a/secret", eight));
        assertEquals(
                "checkpoint.weights-only",
                assertThrows(
                                ModelFormatException.class,
                                () -> Checkpoints.open(
                                        Samples.PICKLES.resolve("export.pt2"),
                                        ReadOptions.defaults().withWeightsOnly(true)))
                        .rule());
    }

    @Test
    void archivesInsideArchivesEnd() throws IOException {
        byte[] inner = Files.readAllBytes(Samples.PICKLES.resolve("export.pt2"));
        for (int level = 0; level < 3; level++) {
            inner = Samples.zip("serialized_state_dict.pt", inner);
        }
        refused(Files.write(folder.resolve("deep.pt2"), inner));
    }

    @Test
    void limitsHold() throws IOException {
        StringBuilder weights = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            weights.append(i == 0 ? "" : ",").append(entry("w" + i, "weight_0", meta(7, 2, 1, "0")));
        }
        Path path = archive(weights.toString(), WEIGHTS + "weight_0", new byte[8]);
        ReadLimits limits = ReadLimits.defaults();
        for (ReadLimits tight : new ReadLimits[] {
            limits.withMaxTensors(1999), limits.withMaxHeapBytes(100_000), limits.withMaxHeaderBytes(1000)
        }) {
            var error = assertThrows(
                    ModelFormatException.class,
                    () -> Checkpoints.open(path, ReadOptions.defaults().withLimits(tight)));
            assertEquals("limit", error.rule().substring(0, 5), error.toString());
        }
        try (CheckpointFile file = Checkpoints.open(path)) {
            assertEquals(2000, file.storages().get(0).tensors());
        }
    }

    @Test
    void rawWeightsAreNotTakenForSomethingElse() throws IOException {
        // The first bytes of zlib and gzip data, and of a pickle that is none.
        for (String bytes :
                new String[] {"x\u009c\1\2\3\4\5\6", "\u001f\u008b\b\0\0\0\0\0", "\u0080\u0002\1\1\1\1\1\1"}) {
            String weights = entry("w", "weight_0", meta(7, 2, 1, "0"));
            assertEquals(Verdict.CLEAN, verdict(archive(weights, WEIGHTS + "weight_0", bytes)));
            String both = weights + ","
                    + entry("v", "weight_0", meta(7, 2, 1, "0")).replace("pickle\":false", "pickle\":true");
            assertNotEquals(Verdict.CLEAN, verdict(archive(both, WEIGHTS + "weight_0", bytes)));
        }
    }

    @Test
    void nativeCodeInsideIsNamed() throws IOException {
        Path path = archive("", "a/data/aotinductor/model/x.so", "\u007fELF\u0002\u0001");
        assertNotEquals(Verdict.CLEAN, verdict(path));
    }
}
