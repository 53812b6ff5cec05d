package dev.modelfile.gguf;

import static dev.modelfile.gguf.Crafted.i32;
import static dev.modelfile.gguf.Crafted.i64;
import static dev.modelfile.gguf.Crafted.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelEdit;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.scan.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models of several files: limits hold for all together, and an edit leaves their division alone.
class GgufShardsTest {
    private static final String FIRST = "m-00001-of-00002.gguf";
    private static final String SECOND = "m-00002-of-00002.gguf";

    @TempDir
    Path folder;

    private Path write() throws IOException {
        Gguf.writer()
                .metadata("general.architecture", "llama")
                .metadata("general.name", "a long name")
                .add(TensorSource.of("a.weight", Shape.of(2), 1, 2))
                .add(TensorSource.of("b.weight", Shape.of(1), 3))
                .options(WriteOptions.defaults().withMaxShardTensors(1))
                .write(folder.resolve("m.gguf"));
        return folder.resolve(FIRST);
    }

    @Test
    void anEditChangesTheHeaderOfTheFirst() throws IOException {
        Path first = write();
        byte[] second = Files.readAllBytes(folder.resolve(SECOND));
        assertTrue(ModelEdit.create()
                .set("general.name", "short")
                .renameTensor("a.weight", "c.weight")
                .apply(first, WriteOptions.defaults()));
        assertArrayEquals(second, Files.readAllBytes(folder.resolve(SECOND)));
        try (GgufFile model = Gguf.open(first, ReadOptions.defaults().withStrict(true))) {
            assertEquals("short", model.metadata().getString("general.name"));
            assertEquals(List.of("c.weight", "b.weight"), model.tensors().names());
            assertEquals(2, model.parts().size());
            assertArrayEquals(new float[] {1, 2}, model.tensor("c.weight").toFloatArray());
        }
    }

    @Test
    void anEditThatDoesNotFitDoesNotPutAllIntoTheFirst() throws IOException {
        Path first = write();
        byte[] before = Files.readAllBytes(first);
        refused("merge them", first, ModelEdit.create().set("general.description", "x".repeat(500)));
        refused("not in the first shard", first, ModelEdit.create().renameTensor("b.weight", "c.weight"));
        assertArrayEquals(before, Files.readAllBytes(first));
    }

    private static void refused(String part, Path path, ModelEdit edit) {
        String message = assertThrows(IllegalArgumentException.class, () -> edit.apply(path, WriteOptions.defaults()))
                .toString();
        assertTrue(message.contains(part), message);
    }

    @Test
    void limitsHoldForAllTogether() throws IOException {
        Path first = write();
        ReadLimits limits = ReadLimits.defaults();
        ReadOptions two = ReadOptions.defaults().withLimits(limits.withMaxTensors(2));
        Gguf.open(first, two).close();
        assertTrue(Gguf.verdict(first, two).isEmpty());
        ReadOptions one = ReadOptions.defaults().withLimits(limits.withMaxTensors(1));
        assertThrows(LimitExceededException.class, () -> Gguf.open(first, one).close());
        ReadOptions enoughForOne =
                least(options -> ModelReader.readAlone(first, options).close());
        assertThrows(
                LimitExceededException.class,
                () -> Gguf.open(first, enoughForOne).close());
        ReadOptions enoughToJudgeOne = least(options -> LoaderVerdict.checkAlone(first, 0, options));
        assertThrows(LimitExceededException.class, () -> Gguf.verdict(first, enoughToJudgeOne));
    }

    private interface Reading {
        void with(ReadOptions options) throws IOException;
    }

    /// Options with the least heap that is enough.
    private static ReadOptions least(Reading reading) throws IOException {
        for (long heap = 1; ; heap++) {
            ReadOptions options =
                    ReadOptions.defaults().withLimits(ReadLimits.defaults().withMaxHeapBytes(heap));
            try {
                reading.with(options);
                return options;
            } catch (LimitExceededException tooLittle) {
                // The next may be enough.
            }
        }
    }

    private static Crafted shard(int number, String... tokens) {
        byte[][] texts = new byte[tokens.length][];
        for (int i = 0; i < tokens.length; i++) {
            texts[i] = text(tokens[i]);
        }
        return Crafted.file()
                .pair("split.no", 2, new byte[] {(byte) number, 0})
                .pair("split.tensors.count", 5, i32(2))
                .pair("split.count", 2, new byte[] {2, 0})
                .pair("tokens", 9, i32(8), i64(tokens.length), Crafted.join(texts))
                .tensor("t" + number, 0, 0, 2)
                .data(8);
    }

    @Test
    void arraysOfShardsAreComparedByTheirElements() throws IOException {
        Files.write(folder.resolve(FIRST), shard(0, "a", "b").bytes());
        Files.write(folder.resolve(SECOND), shard(1, "a", "b").bytes());
        assertEquals(List.of(), warnings());
        Files.write(folder.resolve(SECOND), shard(1, "a", "c").bytes());
        assertEquals(List.of("gguf.shard"), warnings());
    }

    private List<String> warnings() throws IOException {
        try (GgufFile model = Gguf.open(folder.resolve(FIRST))) {
            return model.warnings().stream().map(Finding::rule).toList();
        }
    }
}
