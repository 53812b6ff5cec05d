package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ModelFormats;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.safetensors.Safetensors;
import dev.modelfile.spi.Probe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Folders in the place of a model.
class GgufFolderTest {
    @TempDir
    Path folder;

    private void write(String name, WriteOptions options) throws IOException {
        Gguf.writer()
                .metadata("general.architecture", "llama")
                .add(TensorSource.of("a.weight", Shape.of(2), 1, 2))
                .add(TensorSource.of("b.weight", Shape.of(1), 3))
                .options(options)
                .write(folder.resolve(name));
    }

    private void check() throws IOException {
        try (ModelFile model = ModelFile.open(folder)) {
            assertEquals(Gguf.FORMAT, model.format());
            assertEquals(folder, model.path());
            assertEquals(List.of("a.weight", "b.weight"), model.tensors().names());
        }
        assertEquals(List.of(), Gguf.FORMAT.validate(folder, ReadOptions.defaults()));
        assertTrue(Gguf.verdict(folder, ReadOptions.defaults()).isEmpty());
        Gguf.open(folder, ReadOptions.defaults().withStrict(true)).close();
    }

    @Test
    void theOnlyFileIsTheModel() throws IOException {
        write("m.gguf", WriteOptions.defaults());
        Files.writeString(folder.resolve("README.md"), "about");
        Files.writeString(folder.resolve("._m.gguf"), "what another system keeps beside files");
        check();
    }

    @Test
    void theOnlyShardsAreTheModel() throws IOException {
        write("m.gguf", WriteOptions.defaults().withMaxShardTensors(1));
        check();
    }

    @Test
    void whatIsMissingOrTooMuchIsSaid() throws IOException {
        write("m.gguf", WriteOptions.defaults().withMaxShardTensors(1));
        write("n.gguf", WriteOptions.defaults());
        refused("several models", "m-00001-of-00002.gguf", "n.gguf");
        Files.delete(folder.resolve("n.gguf"));
        Files.delete(folder.resolve("m-00001-of-00002.gguf"));
        refused("not the first");
        Files.delete(folder.resolve("m-00002-of-00002.gguf"));
        assertThrows(ModelFormatException.class, () -> ModelFormats.installed().detect(folder));
        assertFalse(Gguf.FORMAT.restoreHeader(folder));
    }

    private void refused(String... parts) throws IOException {
        assertEquals("gguf", ModelFormats.installed().detect(folder).name());
        String message = assertThrows(
                        ModelFormatException.class, () -> ModelFile.open(folder).close())
                .toString();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
        assertEquals(
                "gguf.folder",
                Gguf.FORMAT.validate(folder, ReadOptions.defaults()).getFirst().rule());
    }

    @Test
    void modelsThatLiveInFoldersGoFirst() throws IOException {
        write("m.gguf", WriteOptions.defaults());
        Safetensors.writer()
                .metadata("k", Value.of("v"))
                .add(TensorSource.of("a", Shape.of(1), 1))
                .write(folder.resolve("model.safetensors"));
        assertEquals("safetensors", ModelFormats.installed().detect(folder).name());
        assertFalse(Gguf.FORMAT.recognises(Probe.of(folder)));
    }
}
