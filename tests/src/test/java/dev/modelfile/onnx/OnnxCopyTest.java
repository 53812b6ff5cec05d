package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.Metadata;
import dev.modelfile.Progress;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.StringStringEntryProto;
import dev.modelfile.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a copy must not do: replace files that nobody named, or become a model that nothing loads.
final class OnnxCopyTest {
    private static final Path NET = OnnxFixtures.path("net.onnx");

    @TempDir
    Path folder;

    @Test
    void filesThatComeAlongReplaceNoOthers() throws IOException {
        Path from = Files.createDirectory(folder.resolve("from"));
        Path to = Files.createDirectory(folder.resolve("to"));
        byte[] bytes = {1, 0, 0, 0, 2, 0, 0, 0};
        WriteOptions overwriting = WriteOptions.defaults().withOverwrite(true);
        for (String name : List.of(".profile", "copy.onnx", "Makefile", "copy.onnx.data", "same")) {
            Files.write(from.resolve(name), bytes);
            Path there = Files.write(to.resolve(name), name.equals("same") ? bytes : new byte[] {9});
            TensorProto tensor = TensorProto.newBuilder()
                    .setName("t")
                    .setDataType(6)
                    .addDims(2)
                    .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                    .addExternalData(StringStringEntryProto.newBuilder()
                            .setKey("location")
                            .setValue(name))
                    .build();
            boolean accepted = name.equals("same") || name.equals("copy.onnx.data");
            try (OnnxFile model = Onnx.open(OnnxFixtures.write(from, tensor))) {
                OnnxEdit edit = OnnxEdit.of(model);
                Path copy = to.resolve("copy.onnx");
                if (accepted) {
                    edit.write(copy, overwriting, Progress.NONE);
                } else {
                    assertThrows(IllegalArgumentException.class, () -> edit.write(copy, overwriting, Progress.NONE));
                }
                assertThrows(
                        IllegalArgumentException.class,
                        () -> edit.write(from.resolve(name), overwriting, Progress.NONE),
                        "a copy in the place of its own weights");
            }
            assertArrayEquals(accepted ? bytes : new byte[] {9}, Files.readAllBytes(there));
            assertArrayEquals(bytes, Files.readAllBytes(from.resolve(name)));
        }
    }

    @Test
    void filesBesideTheModelHaveNamesThatCanBeRead() throws IOException {
        try (OnnxFile model = Onnx.open(NET)) {
            OnnxEdit edit =
                    OnnxEdit.of(model).external(ExternalLayout.defaults().withThreshold(0));
            for (String name : List.of("#net.onnx", "c:net.onnx", "http:net.onnx")) {
                assertThrows(IllegalArgumentException.class, () -> edit.plan(folder.resolve(name)));
            }
        }
    }

    @Test
    void whatNoProgramLoadsIsNotWritten() throws IOException {
        try (OnnxFile model = Onnx.open(NET)) {
            Map<String, Value> all = new HashMap<>(model.metadata().entries());
            for (String key : List.of("onnx.ir_version", "onnx.opset.")) {
                Map<String, Value> without = new HashMap<>(all);
                without.remove(key);
                var refused = assertThrows(
                        IllegalArgumentException.class, () -> OnnxEdit.of(model).metadata(Metadata.of(without)));
                assertTrue(String.valueOf(refused.getMessage()).contains(key), refused::getMessage);
                without.put(key, Value.of(0));
                assertThrows(
                        IllegalArgumentException.class, () -> OnnxEdit.of(model).metadata(Metadata.of(without)));
            }
        }
    }

    /// A property may have a name that stands for something else here.
    @Test
    void propertiesOfAnyNameAreKept() throws IOException {
        ModelProto.Builder model = OnnxFixtures.model();
        for (String key : List.of("onnx.opset.other", "onnx.model_version", "onnx.domain")) {
            model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(key).setValue("text"));
        }
        Path source = OnnxFixtures.write(folder, model.build().toByteArray());
        Path target = folder.resolve("copy.onnx");
        Conversion.from(source).write(target, Onnx.FORMAT);
        assertArrayEquals(Files.readAllBytes(source), Files.readAllBytes(target));
    }
}
