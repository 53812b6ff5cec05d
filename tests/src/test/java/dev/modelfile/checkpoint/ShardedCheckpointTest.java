package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelFormats;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.safetensors.Safetensors;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `pytorch_model.bin.index.json` and its kin: all shards are one model, and nothing outside of the folder is touched.
final class ShardedCheckpointTest {
    private static final String INDEX = "pytorch_model.bin.index.json";

    @TempDir
    private Path folder;

    private void shard(String name, String tensor, float... values) throws IOException {
        Checkpoints.writer()
                .add(TensorSource.of(tensor, Shape.of(values.length), values))
                .write(folder.resolve(name));
    }

    private Path index(String map) throws IOException {
        return Files.writeString(folder.resolve(INDEX), "{\"metadata\":{},\"weight_map\":{" + map + "}}");
    }

    private ModelFormatException refused(String map) throws IOException {
        Path index = index(map);
        return assertThrows(ModelFormatException.class, () -> Checkpoints.open(index));
    }

    @Test
    void opensFromTheIndexAndFromTheFolder() throws IOException {
        shard("1.bin", "a", 1, 2);
        shard("2.bin", "b", 3);
        Path index = index("\"a\":\"1.bin\",\"b\":\"2.bin\"");
        for (Path path : List.of(index, folder)) {
            assertEquals("checkpoint", ModelFormats.installed().detect(path).name());
            try (ModelFile model = ModelFile.open(path)) {
                assertEquals(path, model.path());
                assertEquals(2, model.tensors().size());
                assertEquals(2, model.parts().size());
                assertEquals(List.of(), model.warnings());
                assertArrayEquals(new float[] {3}, model.tensor("b").toFloatArray());
                CheckpointFile file = (CheckpointFile) model;
                assertEquals(CheckpointFile.Container.SHARDED, file.container());
                assertEquals(2, ((PickleValue.Dict) file.root()).entries().size());
                assertEquals(2, file.storages().size());
            }
        }
        Path target = folder.resolve("all.safetensors");
        Conversion.from(index).write(target, Safetensors.FORMAT);
        try (ModelFile model = ModelFile.open(target)) {
            assertArrayEquals(new float[] {1, 2}, model.tensor("a").toFloatArray());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.pt.index.json", "model.pth.index.json"})
    void otherExtensions(String name) throws IOException {
        shard("m1.pt", "a", 1);
        Path index = Files.move(index("\"a\":\"m1.pt\""), folder.resolve(name));
        for (Path path : List.of(index, folder)) {
            try (ModelFile model = ModelFile.open(path)) {
                assertEquals(1, model.tensors().size());
            }
        }
    }

    @Test
    void aMergedFileGoesBeforeTheIndexThatIsLeft() throws IOException {
        shard("pytorch_model.bin", "merged", 1);
        index("\"a\":\"gone.bin\"");
        try (ModelFile model = ModelFile.open(folder)) {
            assertTrue(model.tensors().has("merged"));
        }
    }

    @Test
    void aFolderThatAlsoHoldsSafetensorsIsLeftToThem() throws IOException {
        shard("1.bin", "a", 1);
        index("\"a\":\"1.bin\"");
        Safetensors.writer().add(TensorSource.of("other", Shape.of(1), 2f)).write(folder.resolve("model.safetensors"));
        assertEquals("safetensors", ModelFormats.installed().detect(folder).name());
        try (CheckpointFile file = Checkpoints.open(folder)) {
            assertTrue(file.tensors().has("a"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"../out.bin", "/etc/passwd", "a/../../out.bin", "..\\\\out.bin", "c:x.bin"})
    void namesThatLeadOutAreRefused(String name) throws IOException {
        assertEquals(
                "checkpoint.index-escape", refused("\"a\":\"" + name + "\"").rule());
    }

    @Test
    void linksThatLeadOutAreRefused(@TempDir Path elsewhere) throws IOException {
        shard("1.bin", "a", 1);
        Path outside = Files.move(folder.resolve("1.bin"), elsewhere.resolve("1.bin"));
        Files.createSymbolicLink(folder.resolve("1.bin"), outside);
        assertEquals("checkpoint.index-escape", refused("\"a\":\"1.bin\"").rule());
    }

    @Test
    void contradictionsAreErrors() throws IOException {
        shard("1.bin", "a", 1);
        shard("2.bin", "b", 2);
        shard("3.bin", "a", 3);
        ModelFormatException missing = refused("\"a\":\"1.bin\",\"c\":\"9.bin\"");
        assertEquals("checkpoint.missing-shard", missing.rule());
        assertTrue(missing.getMessage().contains("1 of 2 shards are missing: 9.bin"), missing.getMessage());
        // In no shard, in another shard, in two shards, mapped twice.
        assertEquals(
                "checkpoint.index-disagrees",
                refused("\"a\":\"1.bin\",\"c\":\"1.bin\"").rule());
        assertEquals(
                "checkpoint.index-disagrees",
                refused("\"a\":\"2.bin\",\"b\":\"1.bin\"").rule());
        assertEquals(
                "checkpoint.index-disagrees",
                refused("\"a\":\"1.bin\",\"x\":\"3.bin\"").rule());
        assertEquals(
                "checkpoint.index", refused("\"a\":\"1.bin\",\"a\":\"3.bin\"").rule());
        assertEquals("checkpoint.index", refused("\"a\":1").rule());
        assertEquals("checkpoint.index", refused("\"a\":\"\"").rule());
    }

    @Test
    void remarksAboutWhatReadersAccept() throws IOException {
        shard("1.bin", "a", 1);
        Files.writeString(folder.resolve(INDEX), "{\"metadata\":{\"total_size\":5},\"weight_map\":{\"a\":\"1.bin\"}}");
        try (ModelFile model = ModelFile.open(folder)) {
            assertEquals(
                    List.of("checkpoint.total-size"),
                    model.warnings().stream().map(Finding::rule).toList());
        }
        assertEquals(
                List.of("checkpoint.total-size"),
                Checkpoints.FORMAT.validate(folder, ReadOptions.defaults()).stream()
                        .map(Finding::rule)
                        .toList());
    }

    @Test
    void limitsHoldForAllShardsTogether() throws IOException {
        shard("1.bin", "a", 1);
        shard("2.bin", "b", 2);
        Path index = index("\"a\":\"1.bin\",\"b\":\"2.bin\"");
        ReadLimits limits = ReadLimits.defaults();
        for (ReadLimits tight :
                List.of(limits.withMaxParts(1), limits.withMaxTensors(1), limits.withMaxHeapBytes(900))) {
            assertThrows(
                    LimitExceededException.class,
                    () -> Checkpoints.open(index, ReadOptions.defaults().withLimits(tight)));
        }
    }

    @Test
    void theScannerLooksIntoTheShardsOfAnIndex() throws IOException {
        shard("1.bin", "a", 1);
        Files.write(folder.resolve("2.bin"), Samples.bytes("\u0080\u0002cos\nsystem\nX\u0004\0\0\0echo\u0085R."));
        ScanReport report = ModelScanner.standard().scan(index("\"a\":\"1.bin\",\"b\":\"2.bin\""));
        assertEquals(3, report.results().size());
        assertEquals(
                ScanReport.Verdict.DANGEROUS,
                report.results().stream()
                        .filter(result -> result.path().endsWith("2.bin"))
                        .findFirst()
                        .orElseThrow()
                        .verdict());
    }
}
