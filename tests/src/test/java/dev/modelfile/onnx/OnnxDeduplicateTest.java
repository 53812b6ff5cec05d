package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.onnx.proto.AttributeProto;
import dev.modelfile.onnx.proto.GraphProto;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.NodeProto;
import dev.modelfile.onnx.proto.StringStringEntryProto;
import dev.modelfile.onnx.proto.TensorAnnotation;
import dev.modelfile.onnx.proto.TensorProto;
import dev.modelfile.onnx.proto.TensorShapeProto;
import dev.modelfile.onnx.proto.TrainingInfoProto;
import dev.modelfile.onnx.proto.TypeProto;
import dev.modelfile.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Names of initializers: equal ones merge, and nothing is mistaken for something else.
final class OnnxDeduplicateTest {
    @TempDir
    Path folder;

    private static TensorProto two(String name, float first, float second) {
        return TensorProto.newBuilder()
                .setName(name)
                .addDims(2)
                .setDataType(1)
                .addFloatData(first)
                .addFloatData(second)
                .build();
    }

    private static ValueInfoProto value(String name, int type, long... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long dim : dims) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
                .build();
    }

    private static NodeProto.Builder node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder().setOpType(operator).addOutput(output).addAllInput(List.of(inputs));
    }

    private static AttributeProto branch(String name, GraphProto.Builder graph) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(graph)
                .build();
    }

    /// `y = (x + a + b) then of two branches: x + c, or x + d with a value d of its own; out = c is an output itself`.
    private static ModelProto.Builder branches() {
        ModelProto.Builder model = OnnxFixtures.model();
        model.setIrVersion(8).getOpsetImportBuilder(0).setVersion(17);
        GraphProto.Builder then = GraphProto.newBuilder()
                .setName("then")
                .addNode(node("Add", "then_out", "s2", "b"))
                .addOutput(value("then_out", 1, 2));
        GraphProto.Builder otherwise = GraphProto.newBuilder()
                .setName("else")
                .addInitializer(two("d", 100, 200))
                .addNode(node("Add", "else_out", "s2", "d"))
                .addOutput(value("else_out", 1, 2));
        model.getGraphBuilder()
                .addInitializer(two("a", 1, 2))
                .addInitializer(two("b", 1, 2))
                .addInitializer(two("c", 1, 2))
                .addInitializer(two("d", 1, 2))
                .addInitializer(two("other", 1, 3))
                .addInput(value("x", 1, 2))
                .addInput(value("flag", 9))
                .addNode(node("Add", "s1", "x", "a"))
                .addNode(node("Add", "s1b", "s1", "d"))
                .addNode(node("Add", "s2", "s1b", "other"))
                .addNode(node("If", "y", "flag")
                        .addAttribute(branch("then_branch", then))
                        .addAttribute(branch("else_branch", otherwise)))
                .addOutput(value("y", 1, 2))
                .addOutput(value("c", 1, 2))
                .addValueInfo(value("b", 1, 2));
        return model;
    }

    private static List<float[]> run(Path model) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        List<float[]> results = new ArrayList<>();
        try (OrtSession session = environment.createSession(model.toString(), new OrtSession.SessionOptions())) {
            for (boolean flag : new boolean[] {false, true}) {
                try (OnnxTensor x = OnnxTensor.createTensor(environment, new float[] {10, 20});
                        OnnxTensor choice = OnnxTensor.createTensor(environment, flag);
                        OrtSession.Result result = session.run(Map.of("x", x, "flag", choice))) {
                    results.add((float[]) result.get(0).getValue());
                    results.add((float[]) result.get(1).getValue());
                }
            }
        }
        return results;
    }

    private static void same(Path expected, Path actual) throws OrtException {
        List<float[]> before = run(expected);
        List<float[]> after = run(actual);
        for (int i = 0; i < before.size(); i++) {
            assertArrayEquals(before.get(i), after.get(i));
        }
    }

    private Path write(ModelProto.Builder model) throws IOException {
        return OnnxFixtures.write(folder, model.build().toByteArray());
    }

    private OnnxEdit.Report deduplicate(Path source, Path target) throws IOException {
        try (OnnxFile model = Onnx.open(source)) {
            return OnnxEdit.of(model).deduplicate().write(target);
        }
    }

    private static List<String> initializers(Path file) throws IOException {
        try (OnnxFile model = Onnx.open(file)) {
            return model.initializers().stream().map(Tensor::name).toList();
        }
    }

    @Test
    void oneStandsForAllThatAreEqual() throws IOException, OrtException {
        Path source = write(branches());
        Path target = folder.resolve("merged.onnx");
        OnnxEdit.Report report = deduplicate(source, target);
        assertEquals(List.of("c", "other"), initializers(target));
        assertEquals(3, report.messages().size());
        assertEquals(
                "initializer \"a\" equals \"c\", which stands for both",
                report.messages().getFirst());
        same(source, target);
        ModelProto.Builder expected = branches();
        GraphProto.Builder graph = expected.getGraphBuilder();
        graph.removeInitializer(3).removeInitializer(1).removeInitializer(0).clearValueInfo();
        graph.getNodeBuilder(0).setInput(1, "c");
        graph.getNodeBuilder(1).setInput(1, "c");
        graph.getNodeBuilder(3)
                .getAttributeBuilder(0)
                .getGBuilder()
                .getNodeBuilder(0)
                .setInput(1, "c");
        assertEquals(expected.build(), ModelProto.parseFrom(Files.readAllBytes(target)));
        Path again = folder.resolve("again.onnx");
        assertEquals(List.of(), deduplicate(target, again).messages());
        assertArrayEquals(Files.readAllBytes(target), Files.readAllBytes(again));
    }

    @Test
    void aNameThatAnInnerGraphHidesStandsForNobody() throws IOException, OrtException {
        ModelProto.Builder model = branches();
        model.getGraphBuilder().removeOutput(1).addOutput(value("s1", 1, 2)).removeInitializer(2);
        model.getGraphBuilder().setInitializer(0, two("d", 1, 2)).setInitializer(2, two("a", 1, 2));
        Path source = write(model);
        Path target = folder.resolve("merged.onnx");
        deduplicate(source, target);
        assertEquals(List.of("b", "other"), initializers(target));
        same(source, target);
    }

    @Test
    void whatCallersAndTrainersMayChangeStays() throws IOException {
        ModelProto.Builder inputs = branches();
        inputs.getGraphBuilder().addInput(value("a", 1, 2)).addInput(value("b", 1, 2));
        Path target = folder.resolve("merged.onnx");
        deduplicate(write(inputs), target);
        assertEquals(List.of("a", "b", "c", "other"), initializers(target));

        inputs.setIrVersion(3);
        Files.delete(target);
        deduplicate(write(inputs), target);
        assertEquals(List.of("c", "other"), initializers(target));
        assertEquals(
                List.of("x", "flag"),
                ModelProto.parseFrom(Files.readAllBytes(target)).getGraph().getInputList().stream()
                        .map(ValueInfoProto::getName)
                        .toList());

        ModelProto.Builder training = branches();
        training.addTrainingInfo(TrainingInfoProto.newBuilder()
                .setAlgorithm(GraphProto.newBuilder().setName("step"))
                .addUpdateBinding(
                        StringStringEntryProto.newBuilder().setKey("a").setValue("new")));
        Files.delete(target);
        assertEquals(1, deduplicate(write(training), target).messages().size());
        assertEquals(5, initializers(target).size());
    }

    @Test
    void annotatedTensorsKeepTheirNames() throws IOException {
        ModelProto.Builder model = branches();
        model.getGraphBuilder()
                .addQuantizationAnnotation(TensorAnnotation.newBuilder()
                        .setTensorName("b")
                        .addQuantParameterTensorNames(StringStringEntryProto.newBuilder()
                                .setKey("SCALE_TENSOR")
                                .setValue("a")));
        Path target = folder.resolve("merged.onnx");
        deduplicate(write(model), target);
        assertEquals(List.of("b", "c", "other"), initializers(target));
        TensorAnnotation annotation =
                ModelProto.parseFrom(Files.readAllBytes(target)).getGraph().getQuantizationAnnotation(0);
        assertEquals("b", annotation.getTensorName());
        assertEquals("b", annotation.getQuantParameterTensorNames(0).getValue());
    }

    @Test
    void equalBytesOfAnotherTypeOrShapeAreNotEqual() throws IOException {
        TensorProto ints = TensorProto.newBuilder()
                .setName("ints")
                .addDims(2)
                .setDataType(6)
                .addInt32Data(Float.floatToIntBits(1))
                .addInt32Data(Float.floatToIntBits(2))
                .build();
        Path source = OnnxFixtures.write(
                folder,
                two("a", 1, 2),
                ints,
                two("column", 1, 2).toBuilder().addDims(1).build(),
                two("nan", Float.NaN, 0),
                two("nan2", Float.NaN, 0),
                two("zero", 0f, -0f),
                two("zeros", 0f, 0f));
        Path target = folder.resolve("merged.onnx");
        deduplicate(source, target);
        assertEquals(List.of("a", "ints", "column", "nan", "zero", "zeros"), initializers(target));
    }

    @Test
    void mergingGoesWithOtherChanges() throws IOException, OrtException {
        Path source = write(branches());
        Path target = folder.resolve("merged.onnx");
        try (OnnxFile model = Onnx.open(source)) {
            OnnxEdit.of(model)
                    .deduplicate()
                    .rename(name -> name.equals("other") ? "a" : name)
                    .external(ExternalLayout.defaults().withThreshold(0))
                    .write(target);
        }
        assertEquals(List.of("c", "a"), initializers(target));
        assertEquals(3 * 8, Files.size(folder.resolve("merged.onnx.data")));
        same(source, target);
    }

    /// Of two initializers of one name, the second is listed under a name that may be another value's.
    @Test
    void whatIsListedUnderAnotherNameIsNotRenamed() throws IOException {
        ModelProto.Builder model = OnnxFixtures.model(two("a", 1, 2), two("a", 3, 4), two("k", 3, 4));
        model.getGraphBuilder()
                .addNode(node("Neg", "a#2", "a"))
                .addNode(node("Add", "y", "a#2", "k"))
                .addOutput(value("y", 1, 2));
        Path source = write(model);
        Path target = folder.resolve("merged.onnx");
        assertEquals(List.of(), deduplicate(source, target).messages());
        assertArrayEquals(Files.readAllBytes(source), Files.readAllBytes(target));
    }

    @Test
    void initializersHaveTheirOwnNames() throws IOException {
        ModelProto.Builder model = OnnxFixtures.model(two("c.value", 1, 2), two("c.value#2", 3, 4));
        model.getGraphBuilder()
                .addNode(node("Constant", "c", new String[0])
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("value")
                                .setType(AttributeProto.AttributeType.TENSOR)
                                .setT(two("", 5, 6))))
                .addInput(value("c.value#3", 1, 2));
        try (OnnxFile opened = Onnx.open(write(model))) {
            assertEquals(
                    List.of("c.value#3", "c.value", "c.value#2"),
                    opened.tensors().names());
            assertEquals(1, opened.inputs().size());
            assertEquals(List.of(), opened.warnings());
        }
    }

    @Test
    void newValuesCount() throws IOException {
        Path source = write(branches());
        Path target = folder.resolve("merged.onnx");
        float[] values = {1, 2};
        try (OnnxFile model = Onnx.open(source)) {
            TensorSource computed = TensorSource.of("a", Shape.of(2), values);
            OnnxEdit.of(model).replace(computed).deduplicate().write(target);
            assertEquals(List.of("a", "c", "other"), initializers(target), "what is computed is written only once");
            Files.delete(target);
            OnnxEdit.of(model)
                    .replace(TensorSource.of("other", ScalarType.F32, Shape.of(2), MemorySegment.ofArray(new byte[8])))
                    .deduplicate()
                    .write(target);
            assertEquals(List.of("c", "other"), initializers(target));
        }
    }

    @Test
    void aNewNameIsNobodyElses() throws IOException, OrtException {
        Path source = write(branches());
        try (OnnxFile model = Onnx.open(source)) {
            for (String taken : List.of("x", "s1", "y", "d", "then_out", "else_out", "c", "")) {
                OnnxEdit edit = OnnxEdit.of(model).rename(name -> name.equals("a") ? taken : name);
                var refused = assertThrows(IllegalArgumentException.class, () -> edit.plan(folder.resolve("x.onnx")));
                assertTrue(String.valueOf(refused.getMessage()).contains("\"a\""), refused::getMessage);
            }
            Path swapped = folder.resolve("swapped.onnx");
            Map<String, String> names = Map.of("a", "other", "other", "a", "d", "D");
            OnnxEdit.of(model).rename(name -> names.getOrDefault(name, name)).write(swapped);
            same(source, swapped);
            assertEquals(List.of("other", "b", "c", "D", "a"), initializers(swapped));
            try (OnnxFile now = Onnx.open(swapped)) {
                assertTrue(
                        now.tensors().stream().anyMatch(tensor -> tensor.name().endsWith("else_branch/d")));
            }
        }
    }
}
