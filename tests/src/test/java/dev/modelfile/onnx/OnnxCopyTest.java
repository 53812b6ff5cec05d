package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.Metadata;
import dev.modelfile.Progress;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.OperatorSetIdProto;
import dev.modelfile.onnx.proto.StringStringEntryProto;
import dev.modelfile.onnx.proto.TensorProto;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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

    @Test
    void whatAModelSaysOfItselfGoesThroughOtherFormats() throws IOException {
        ModelProto.Builder model = OnnxFixtures.model(TensorProto.newBuilder()
                        .setName("t")
                        .setDataType(1)
                        .addFloatData(1)
                        .build())
                .setProducerName("p")
                .setProducerVersion("2")
                .setDomain("d")
                .setModelVersion(3)
                .setDocString("about the model");
        model.getGraphBuilder().setDocString("about the graph");
        model.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("own").setVersion(7));
        Path source = OnnxFixtures.write(folder, model.build().toByteArray());
        Path between = folder.resolve("between.safetensors");
        Path target = folder.resolve("copy.onnx");
        Conversion.from(source).write(between, Safetensors.FORMAT);
        Conversion.from(between).write(target, Onnx.FORMAT);
        try (OnnxFile before = Onnx.open(source);
                OnnxFile after = Onnx.open(target)) {
            assertEquals(before.metadata(), after.metadata());
        }
    }

    /// What is no number cannot stand where the format has numbers, so it is a property of that name.
    @Test
    void textIsNeverLost() throws IOException {
        Path source = folder.resolve("a.safetensors");
        Path target = folder.resolve("a.onnx");
        Safetensors.writer()
                .metadata("onnx.model_version", "the second")
                .metadata("onnx.opset.own", "seven")
                .metadata("onnx.opset.other", "7")
                .add(TensorSource.of("t", Shape.of(1), 1))
                .write(source);
        Conversion.from(source).write(target, Onnx.FORMAT);
        ModelProto written = ModelProto.parseFrom(Files.readAllBytes(target));
        Map<String, String> properties = new HashMap<>();
        written.getMetadataPropsList().forEach(entry -> properties.put(entry.getKey(), entry.getValue()));
        assertEquals(Map.of("onnx.model_version", "the second", "onnx.opset.own", "seven"), properties);
        assertEquals(
                List.of("other"),
                written.getOpsetImportList().stream()
                        .map(OperatorSetIdProto::getDomain)
                        .toList());
    }

    /// A hang would be one if each entry were to cost as much as all of them.
    @Test
    @Timeout(30)
    void manyNumbersAreTakenAsFastAsOne() throws IOException {
        Map<String, Value> many = new HashMap<>();
        for (int i = 0; i < 60_000; i++) {
            many.put("onnx.opset.d" + i, Value.of("1"));
        }
        Path target = folder.resolve("many.onnx");
        Onnx.writer().metadata(Metadata.of(many)).write(target);
        try (OnnxFile model = Onnx.open(target)) {
            assertEquals(many.size(), model.opsets().size());
        }
    }
}
