package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelEdit;
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
final class OnnxFolderTest {
    @TempDir
    Path folder;

    private Path write(String name) throws IOException {
        try (OnnxFile net = Onnx.open(OnnxFixtures.path("net.onnx"))) {
            return OnnxEdit.of(net)
                    .external(ExternalLayout.defaults())
                    .write(folder.resolve(name))
                    .written()
                    .getFirst();
        }
    }

    @Test
    void theOnlyFileIsTheModel() throws IOException {
        Path file = write("net.onnx");
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        Files.writeString(folder.resolve("._net.onnx"), "what another system keeps beside files");
        try (ModelFile model = ModelFile.open(folder)) {
            assertEquals(Onnx.FORMAT, model.format());
            assertEquals(file, model.path());
            assertEquals(2, model.parts().size());
            model.tensors().get(0).toFloatArray();
        }
        assertEquals(List.of(), Onnx.FORMAT.validate(folder, ReadOptions.defaults()));
        Onnx.open(folder).close();
    }

    @Test
    void anEditLeavesTheDataAlone() throws IOException {
        Path file = write("net.onnx");
        Path data = folder.resolve("net.onnx.data");
        byte[] before = Files.readAllBytes(data);
        ModelEdit.create().set("k", "v").apply(folder, WriteOptions.defaults());
        assertArrayEquals(before, Files.readAllBytes(data));
        try (OnnxFile model = Onnx.open(file)) {
            assertEquals(Value.of("v"), model.metadata().get("k"));
        }
    }

    @Test
    void whatIsMissingOrTooMuchIsSaid() throws IOException {
        write("a.onnx");
        Path other = write("b.onnx");
        refused("onnx.folder", "several models", "a.onnx, b.onnx");
        Files.delete(other);
        Files.writeString(folder.resolve("a.onnx"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\n");
        refused("format.unknown", "a.onnx", "Git LFS pointer");
        Files.delete(folder.resolve("a.onnx"));
        assertThrows(ModelFormatException.class, () -> ModelFormats.installed().detect(folder));
        assertEquals(
                "onnx.folder",
                assertThrows(ModelFormatException.class, () -> Onnx.open(folder))
                        .rule());
    }

    private void refused(String rule, String... parts) throws IOException {
        assertEquals("onnx", ModelFormats.installed().detect(folder).name());
        String message = assertThrows(
                        ModelFormatException.class, () -> ModelFile.open(folder).close())
                .toString();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
        assertEquals(
                rule,
                Onnx.FORMAT.validate(folder, ReadOptions.defaults()).getFirst().rule());
    }

    @Test
    void modelsThatLiveInFoldersGoFirst() throws IOException {
        write("net.onnx");
        Safetensors.writer()
                .metadata("k", Value.of("v"))
                .add(TensorSource.of("a", Shape.of(1), 1))
                .write(folder.resolve("model.safetensors"));
        assertEquals("safetensors", ModelFormats.installed().detect(folder).name());
        assertFalse(Onnx.FORMAT.recognises(Probe.of(folder)));
    }
}
