package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.modelfile.Conversion;
import dev.modelfile.ModelEdit;
import dev.modelfile.ModelFile;
import dev.modelfile.Progress;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.TensorProto;
import dev.modelfile.onnx.wire.WireBytes;
import dev.modelfile.safetensors.Safetensors;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Changed models say and compute what they did before; what is not changed is copied as it is.
final class OnnxEditTest {
    static final List<String> FILES = OnnxFixtures.FILES;
    private static final Path NET = OnnxFixtures.path("net.onnx");

    @TempDir
    Path folder;

    /// Runs the network with ONNX Runtime, both branches.
    private static float[][] run(Path model) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                OrtSession session = environment.createSession(model.toString(), options)) {
            return run(environment, session);
        }
    }

    static float[][] run(OrtEnvironment environment, OrtSession session) throws OrtException {
        float[][] x = new float[3][8];
        for (int i = 0; i < 24; i++) {
            x[i / 8][i % 8] = (i * 7 % 11 - 5) * 0.3f;
        }
        float[][] results = new float[6][];
        for (int flag = 0; flag < 2; flag++) {
            try (OnnxTensor input = OnnxTensor.createTensor(environment, x);
                    OnnxTensor choice = OnnxTensor.createTensor(environment, flag == 1);
                    OrtSession.Result result = session.run(Map.of("x", input, "flag", choice))) {
                System.arraycopy((float[][]) result.get(0).getValue(), 0, results, flag * 3, 3);
            }
        }
        return results;
    }

    private void sameNetwork(Path changed) throws IOException, OrtException {
        float[][] expected = run(NET);
        float[][] actual = run(changed);
        for (int i = 0; i < expected.length; i++) {
            assertArrayEquals(expected[i], actual[i]);
        }
        try (OnnxFile before = Onnx.open(NET);
                OnnxFile after = Onnx.open(changed)) {
            assertEquals(new TreeSet<>(OnnxFixtures.digests(before)), new TreeSet<>(OnnxFixtures.digests(after)));
        }
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void anUntouchedCopyIsIdentical(String file) throws IOException {
        Path source = OnnxFixtures.path(file);
        Path target = folder.resolve("copy.onnx");
        try (OnnxFile model = Onnx.open(source)) {
            OnnxEdit.of(model).write(target);
        }
        assertArrayEquals(Files.readAllBytes(source), Files.readAllBytes(target));
        Conversion.from(source)
                .writing(WriteOptions.defaults().withOverwrite(true))
                .write(target, Onnx.FORMAT);
        assertArrayEquals(Files.readAllBytes(source), Files.readAllBytes(target));
        try (OnnxFile before = Onnx.open(source);
                OnnxFile after = Onnx.open(target)) {
            assertEquals(OnnxFixtures.digests(before), OnnxFixtures.digests(after));
        }
    }

    @Test
    void metadataIsChangedAndNothingElse() throws IOException {
        Path source = Files.copy(OnnxFixtures.path("sites.onnx"), folder.resolve("model.onnx"));
        ModelEdit.create()
                .set("author", "somebody")
                .set("added", "x")
                .remove("note")
                .set("onnx.producer_name", "another producer")
                .set("onnx.model_version", Value.of(7))
                .set("onnx.graph.name", "renamed")
                .set("onnx.opset.", Value.of(24))
                .apply(source, WriteOptions.defaults());
        ModelProto.Builder expected =
                ModelProto.parseFrom(Files.readAllBytes(OnnxFixtures.path("sites.onnx"))).toBuilder();
        expected.setProducerName("another producer").setModelVersion(7);
        expected.getGraphBuilder().setName("renamed");
        expected.getOpsetImportBuilder(0).setVersion(24);
        expected.getMetadataPropsBuilder(0).setValue("somebody");
        expected.getMetadataPropsBuilder(1).setKey("added").setValue("x");
        assertEquals(expected.build(), ModelProto.parseFrom(Files.readAllBytes(source)));
    }

    @Test
    void initializersGetNewNamesEverywhere() throws IOException, OrtException {
        Path target = folder.resolve("model.onnx");
        try (OnnxFile model = Onnx.open(NET)) {
            OnnxEdit.of(model).rename(name -> "layer/" + name).write(target);
        }
        float[][] expected = run(NET);
        float[][] actual = run(target);
        for (int i = 0; i < expected.length; i++) {
            assertArrayEquals(expected[i], actual[i]);
        }
        try (OnnxFile model = Onnx.open(target)) {
            assertTrue(model.tensors().has("layer/w3"));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> OnnxEdit.of(model).rename(name -> "one").write(folder.resolve("x.onnx")));
        }
    }

    @Test
    void whatHasNoNameGetsNone() throws IOException {
        TensorProto tensor = TensorProto.newBuilder()
                .setDataType(1)
                .addDims(1)
                .addFloatData(1)
                .build();
        TensorProto named = tensor.toBuilder().setName("w").build();
        try (OnnxFile model = Onnx.open(OnnxFixtures.write(folder, tensor, named, named))) {
            List<String> names = model.tensors().stream().map(Tensor::name).toList();
            assertEquals(3, names.size());
            Path out = folder.resolve("out.onnx");
            for (String name : names) {
                UnaryOperator<String> renaming = each -> each.equals(name) ? "new" : each;
                OnnxEdit edit = OnnxEdit.of(model).rename(renaming);
                if (!name.equals("w")) {
                    var refused = assertThrows(IllegalArgumentException.class, () -> edit.write(out));
                    assertTrue(String.valueOf(refused.getMessage()).contains("\"" + name + "\" stands for"));
                }
            }
            assertFalse(Files.exists(out));
        }
    }

    @Test
    void outsideAndBackInside() throws IOException, OrtException {
        Path out = folder.resolve("out.onnx");
        Path back = folder.resolve("back.onnx");
        try (OnnxFile model = Onnx.open(NET)) {
            OnnxEdit.of(model)
                    .external(ExternalLayout.defaults().withAlignment(4096))
                    .write(out);
        }
        try (OnnxFile model = Onnx.open(out)) {
            assertEquals("out.onnx.data", model.location("w2").orElseThrow());
            assertEquals("out.onnx.data", model.location("scale.value").orElseThrow());
            assertTrue(model.location("b1").isEmpty());
            assertEquals(0, model.tensor("w2copy").offset().orElseThrow() % 4096);
            OnnxEdit.of(model).inline(tensor -> true).write(back);
        }
        sameNetwork(out);
        sameNetwork(back);
    }

    @Test
    void rawTensorsComeBackByteForByte() throws IOException {
        Path out = folder.resolve("out.onnx");
        Path back = folder.resolve("back.onnx");
        try (OnnxFile model = Onnx.open(OnnxFixtures.path("types-raw.onnx"))) {
            OnnxEdit.of(model)
                    .external(ExternalLayout.defaults().withThreshold(0))
                    .write(out);
        }
        try (OnnxFile model = Onnx.open(out)) {
            assertTrue(model.location("INT2.row").isPresent());
            OnnxEdit.of(model).inline(tensor -> true).write(back);
        }
        assertArrayEquals(Files.readAllBytes(OnnxFixtures.path("types-raw.onnx")), Files.readAllBytes(back));
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void safetensorsHoldTheWeights(String file) throws IOException, OrtException {
        Path out = folder.resolve(file);
        try (OnnxFile model = Onnx.open(OnnxFixtures.path(file))) {
            OnnxEdit.of(model)
                    .external(ExternalLayout.defaults().withThreshold(1).withContainer(Safetensors.FORMAT))
                    .write(out);
        }
        try (OnnxFile before = Onnx.open(OnnxFixtures.path(file));
                OnnxFile after = Onnx.open(out);
                ModelFile weights = ModelFile.open(Path.of(out.toString().replace(".onnx", ".safetensors")))) {
            assertEquals(new TreeSet<>(OnnxFixtures.digests(before)), new TreeSet<>(OnnxFixtures.digests(after)));
            long outside = after.tensors().stream()
                    .filter(tensor -> after.location(tensor.name()).isPresent())
                    .filter(tensor -> weights.tensors().has(tensor.name()))
                    .count();
            assertTrue(outside > 0 && outside <= weights.tensors().size());
        }
        if (file.equals("net.onnx")) {
            sameNetwork(out);
        }
    }

    @Test
    void filesAreDividedAndShared() throws IOException, OrtException {
        Path many = folder.resolve("many.onnx");
        Path shared = folder.resolve("shared.onnx");
        Path sharded = folder.resolve("sharded.onnx");
        ExternalLayout layout = ExternalLayout.defaults();
        try (OnnxFile model = Onnx.open(NET)) {
            OnnxEdit.of(model).external(layout.withMaxFileTensors(1)).write(many);
            OnnxEdit.of(model).external(layout.withShareEqual(true)).write(shared);
            OnnxEdit.of(model).external(layout.withMaxFileBytes(8000)).write(sharded);
        }
        try (OnnxFile model = Onnx.open(many)) {
            assertEquals(4 + 1, model.parts().size());
        }
        try (OnnxFile model = Onnx.open(shared)) {
            assertEquals(model.tensor("w2").offset(), model.tensor("w2copy").offset());
        }
        try (OnnxFile model = Onnx.open(sharded)) {
            assertTrue(model.parts().size() > 2);
            assertTrue(model.parts().stream().skip(1).allMatch(part -> part.size() <= 8000));
        }
        sameNetwork(many);
        sameNetwork(shared);
        sameNetwork(sharded);
    }

    @Test
    void existingSidecarsAreNotTouched() throws IOException {
        Path out = folder.resolve("out.onnx");
        Files.writeString(folder.resolve("out.onnx.data"), "precious");
        try (OnnxFile model = Onnx.open(NET)) {
            OnnxEdit edit = OnnxEdit.of(model).external(ExternalLayout.defaults());
            assertThrows(FileAlreadyExistsException.class, () -> edit.write(out));
        }
        assertEquals("precious", Files.readString(folder.resolve("out.onnx.data")));
        assertFalse(Files.exists(out));
    }

    @Test
    void aNewLayoutLeavesNothingInOldFiles() throws IOException, OrtException {
        Path file = folder.resolve("net.onnx");
        try (OnnxFile model = Onnx.open(NET)) {
            OnnxEdit.of(model)
                    .external(ExternalLayout.defaults().withThreshold(0).withAlignment(64))
                    .write(file);
        }
        try (OnnxFile model = Onnx.open(file)) {
            OnnxEdit.of(model)
                    .external(ExternalLayout.defaults().withThreshold(200))
                    .write(file, WriteOptions.defaults().withOverwrite(true), Progress.NONE);
        }
        sameNetwork(file);
        try (OnnxFile model = Onnx.open(file)) {
            assertTrue(model.tensors().stream().anyMatch(tensor -> !model.isExternal(tensor)));
            assertTrue(model.tensors().stream().anyMatch(model::isExternal));
            OnnxEdit stripped = OnnxEdit.of(model).strip(ExternalLayout.defaults());
            assertThrows(IllegalArgumentException.class, () -> stripped.plan(file), "old weights would be taken");
            assertEquals(1, stripped.plan(folder.resolve("other.onnx")).files().size());
        }
    }

    @Test
    void strippedWeightsCanBePutBack() throws IOException, OrtException {
        Path stripped = folder.resolve("stripped.onnx");
        Path weights = folder.resolve("weights.safetensors");
        Path whole = folder.resolve("whole.onnx");
        Conversion.from(NET).write(weights, Safetensors.FORMAT);
        try (OnnxFile model = Onnx.open(NET)) {
            OnnxEdit.of(model)
                    .strip(ExternalLayout.defaults().withThreshold(100))
                    .write(stripped);
        }
        assertTrue(Files.size(stripped) < 3000);
        assertFalse(Files.exists(folder.resolve("stripped.onnx.data")));
        try (OnnxFile model = Onnx.open(stripped);
                ModelFile source = ModelFile.open(weights)) {
            OnnxEdit.of(model).replaceAll(source.tensors()).write(whole);
        }
        sameNetwork(whole);
    }

    @Test
    void oneTensorIsReplacedInPlace() throws IOException {
        Path target = folder.resolve("model.onnx");
        try (OnnxFile model = Onnx.open(NET)) {
            float[] values = new float[40];
            OnnxEdit.of(model)
                    .replace(TensorSource.of("b1", Shape.of(40), values))
                    .write(target);
            Tensor before = model.tensor("b1");
            byte[] old = Files.readAllBytes(NET);
            byte[] now = Files.readAllBytes(target);
            int from = (int) before.offset().orElseThrow();
            Arrays.fill(old, from, from + 160, (byte) 0);
            assertArrayEquals(old, now);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> OnnxEdit.of(model).replace(TensorSource.of("b1", Shape.of(4), new float[4])));
        }
    }

    @Test
    void aModelCanTakeItsOwnPlace() throws IOException, OrtException {
        Path file = Files.copy(NET, folder.resolve("net.onnx"));
        for (ExternalLayout layout :
                List.of(ExternalLayout.defaults(), ExternalLayout.defaults().withThreshold(500))) {
            try (OnnxFile model = Onnx.open(file)) {
                OnnxEdit.of(model)
                        .external(layout)
                        .write(file, WriteOptions.defaults().withOverwrite(true), Progress.NONE);
            }
            sameNetwork(file);
        }
    }

    @Test
    void whatIsNoLongerNeededIsSaid() throws IOException {
        Path file = Files.copy(NET, folder.resolve("net.onnx"));
        WriteOptions overwriting = WriteOptions.defaults().withOverwrite(true);
        ExternalLayout layout = ExternalLayout.defaults();
        ExternalLayout contained = layout.withContainer(Safetensors.FORMAT);
        List<List<String>> said = new ArrayList<>();
        for (UnaryOperator<OnnxEdit> change : List.<UnaryOperator<OnnxEdit>>of(
                edit -> edit.external(layout),
                edit -> edit.external(layout.withThreshold(500)),
                edit -> edit.rename(name -> name + "_"),
                edit -> edit.external(contained),
                edit -> edit.inline(tensor -> true),
                edit -> edit.external(contained),
                edit -> edit.strip(layout))) {
            if (said.size() == 6) {
                Files.delete(folder.resolve("net.onnx.data"));
            }
            try (OnnxFile model = Onnx.open(file)) {
                assertEquals(
                        List.of(),
                        change.apply(OnnxEdit.of(model))
                                .plan(folder.resolve("copy.onnx"))
                                .notes());
                said.add(change.apply(OnnxEdit.of(model))
                        .write(file, overwriting, Progress.NONE)
                        .messages());
            }
        }
        String advice = "; delete it if no other model does";
        assertEquals(
                List.of(
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of("the model no longer needs \"net.onnx.data\"" + advice),
                        List.of("the model no longer needs \"net.safetensors\"" + advice),
                        List.of(),
                        List.of()),
                said);
    }

    @Test
    void weightsAloneMakeAModel() throws IOException {
        Path file = folder.resolve("weights.onnx");
        Path source = OnnxFixtures.FOLDER.resolveSibling("safetensors/raw-types.safetensors");
        Map<String, String> expected = new HashMap<>();
        Map<String, String> actual = new HashMap<>();
        Conversion.from(source)
                .select(tensor -> Onnx.FORMAT.canStore(tensor.dtype()))
                .write(file, Onnx.FORMAT);
        try (ModelFile before = ModelFile.open(source);
                OnnxFile after = Onnx.open(file)) {
            for (Tensor tensor : after.tensors()) {
                actual.put(tensor.name(), tensor.dtype() + " " + tensor.shape() + OnnxFixtures.digest(tensor));
                Tensor old = before.tensor(tensor.name());
                expected.put(old.name(), old.dtype() + " " + old.shape() + OnnxFixtures.digest(old));
            }
            assertTrue(actual.size() > 15);
            assertEquals(
                    ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getInitializerCount(), actual.size());
        }
        assertEquals(expected, actual);
        assertEquals(
                List.of(),
                Onnx.FORMAT.validate(file, ReadOptions.defaults()).stream()
                        .filter(f -> f.severity() != Severity.INFO)
                        .toList());
    }

    @Test
    void whatOtherProgramsCannotReadInOneFileGetsTwo() throws IOException {
        Shape shape = Shape.of(1L << 30);
        var plan = Onnx.writer()
                .add(TensorSource.deferred("a", ScalarType.U8, shape, sink -> {}))
                .add(TensorSource.deferred("b", ScalarType.U8, shape, sink -> {}))
                .plan(folder.resolve("model.onnx"));
        assertEquals(
                List.of("model.onnx.data", "model.onnx"),
                plan.files().stream().map(file -> file.name()).toList());
        assertEquals(2L << 30, plan.files().getFirst().size());
        Path huge = folder.resolve("huge.onnx");
        byte[] data =
                new WireBytes().entry(13, "location", "huge.bin").integer(14, 1).toByteArray();
        Files.write(
                huge,
                new WireBytes()
                        .integer(1, 10)
                        .message(
                                7,
                                new WireBytes()
                                        .message(
                                                5,
                                                new WireBytes()
                                                        .integer(1, 3L << 30)
                                                        .integer(2, 2)
                                                        .text(8, "t")
                                                        .raw(data)))
                        .toByteArray());
        try (var file = new RandomAccessFile(folder.resolve("huge.bin").toFile(), "rw")) {
            file.setLength(3L << 30);
        }
        try (OnnxFile model = Onnx.open(huge)) {
            var inlined = OnnxEdit.of(model).inline(tensor -> true).plan(folder.resolve("inline.onnx"));
            assertEquals("inline.onnx.data", inlined.files().getFirst().name());
            assertTrue(inlined.files().getLast().size() < 200);
        }
    }

    /// How an application hands weights that are mapped already to ONNX Runtime: no copy, and no limit of 2 GiB.
    @Test
    void oneRuntimeSharesTheMapping() throws IOException, OrtException {
        Path out = folder.resolve("out.onnx");
        try (OnnxFile model = Onnx.open(NET)) {
            OnnxEdit.of(model).external(ExternalLayout.defaults()).write(out);
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Map<String, OnnxTensorLike> shared = new HashMap<>();
        try (OnnxFile model = Onnx.open(out);
                OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            for (Tensor tensor : model.initializers()) {
                if (model.location(tensor.name()).isPresent()) {
                    shared.put(
                            tensor.name(),
                            OnnxTensor.createTensor(
                                    environment,
                                    tensor.segment().asByteBuffer().order(ByteOrder.nativeOrder()),
                                    tensor.shape().toArray(),
                                    OnnxJavaType.FLOAT));
                }
            }
            assertEquals(3, shared.size());
            options.addExternalInitializers(shared);
            float[][] expected = run(NET);
            try (OrtSession session = environment.createSession(out.toString(), options)) {
                float[][] actual = run(environment, session);
                for (int i = 0; i < expected.length; i++) {
                    assertArrayEquals(expected[i], actual[i]);
                }
            }
        }
        shared.values().forEach(OnnxTensorLike::close);
    }
}
