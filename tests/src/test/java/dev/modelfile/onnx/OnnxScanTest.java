package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.modelfile.ReadOptions;
import dev.modelfile.onnx.proto.AttributeProto;
import dev.modelfile.onnx.proto.FunctionProto;
import dev.modelfile.onnx.proto.GraphProto;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.NodeProto;
import dev.modelfile.onnx.proto.OperatorSetIdProto;
import dev.modelfile.onnx.proto.SparseTensorProto;
import dev.modelfile.onnx.proto.StringStringEntryProto;
import dev.modelfile.onnx.proto.TensorProto;
import dev.modelfile.onnx.proto.TensorShapeProto;
import dev.modelfile.onnx.proto.TrainingInfoProto;
import dev.modelfile.onnx.proto.TypeProto;
import dev.modelfile.onnx.proto.ValueInfoProto;
import dev.modelfile.onnx.wire.WireBytes;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each rule about structure and contents is broken once, and only it is reported.
final class OnnxScanTest {
    @TempDir
    Path folder;

    /// A model and what is found in it, as `SEVERITY rule`.
    record Case(String finding, byte[] model) {
        @Override
        public String toString() {
            return finding;
        }
    }

    private static NodeProto node(String operator, String input, String output) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator);
        if (!input.isEmpty()) {
            node.addInput(input);
        }
        return (output.isEmpty() ? node : node.addOutput(output)).build();
    }

    private static byte[] graph(NodeProto... nodes) {
        ModelProto.Builder model = OnnxFixtures.model();
        model.getGraphBuilder().addInput(value("x", true)).addAllNode(List.of(nodes));
        for (NodeProto node : nodes) {
            if (!node.getDomain().isEmpty()) {
                model.addOpsetImport(imported(node.getDomain()));
            }
        }
        return model.build().toByteArray();
    }

    private static OperatorSetIdProto imported(String domain) {
        return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(1).build();
    }

    private static ValueInfoProto value(String name, boolean shaped) {
        TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(1);
        if (shaped) {
            type.setShape(TensorShapeProto.getDefaultInstance());
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(type))
                .build();
    }

    private static AttributeProto.Builder text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value));
    }

    private static AttributeProto.Builder number(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value);
    }

    private static byte[] with(AttributeProto.Builder... attributes) {
        NodeProto.Builder node = node("Identity", "x", "y").toBuilder();
        for (AttributeProto.Builder attribute : attributes) {
            node.addAttribute(attribute);
        }
        return graph(node.build());
    }

    private static byte[] context(String path, int mode) {
        return graph(node("EPContext", "x", "y").toBuilder()
                .addAttribute(number("embed_mode", mode))
                .addAttribute(text("ep_cache_context", path))
                .build());
    }

    private static FunctionProto function(String name, String... calls) {
        FunctionProto.Builder function = FunctionProto.newBuilder()
                .setDomain("own")
                .setName(name)
                .addInput("x")
                .addOpsetImport(imported("own"));
        for (int i = 0; i < calls.length; i++) {
            function.addNode(node(calls[i], "x", "y" + i).toBuilder().setDomain("own"));
        }
        return function.build();
    }

    private static byte[] functions(FunctionProto... functions) {
        return OnnxFixtures.model().addAllFunctions(List.of(functions)).build().toByteArray();
    }

    private static byte[] sparse(long... positions) {
        TensorProto.Builder values =
                TensorProto.newBuilder().setName("s").setDataType(1).addDims(positions.length);
        TensorProto.Builder indices = TensorProto.newBuilder().setDataType(7).addDims(positions.length);
        for (long position : positions) {
            values.addFloatData(1);
            indices.addInt64Data(position);
        }
        ModelProto.Builder model = OnnxFixtures.model();
        model.getGraphBuilder()
                .addSparseInitializer(SparseTensorProto.newBuilder()
                        .setValues(values)
                        .setIndices(indices)
                        .addDims(9));
        return model.build().toByteArray();
    }

    private static byte[] plus(byte[] model, WireBytes more) {
        return new WireBytes().raw(model).raw(more.toByteArray()).toByteArray();
    }

    private static byte[] inner(String output) {
        return graph(node("If", "x", "y").toBuilder()
                .addAttribute(AttributeProto.newBuilder()
                        .setName("then_branch")
                        .setType(AttributeProto.AttributeType.GRAPH)
                        .setG(GraphProto.newBuilder()
                                .setName("then")
                                .addNode(node("Neg", "x", output))
                                .addOutput(ValueInfoProto.newBuilder().setName(output))))
                .build());
    }

    static Stream<Case> cases() {
        byte[] good = graph(node("Identity", "x", "y"));
        return Stream.of(
                new Case("", good),
                new Case("", inner("n")),
                new Case("WARNING onnx.ssa", inner("x")),
                new Case("ERROR onnx.order", graph(node("Neg", "z", "y"), node("Abs", "x", "z"))),
                new Case("ERROR onnx.ssa", graph(node("Neg", "x", "y"), node("Abs", "x", "y"))),
                new Case("ERROR onnx.node", graph(node("", "x", "y"))),
                new Case("ERROR onnx.node", graph(node("Neg", "", ""))),
                new Case("ERROR onnx.attribute", with(number("", 1))),
                new Case("ERROR onnx.attribute", with(number("a", 1).clearType())),
                new Case("ERROR onnx.attribute", with(number("a", 1).setF(2))),
                new Case("ERROR onnx.attribute", with(number("a", 1).setRefAttrName("b"))),
                new Case("ERROR onnx.attribute", with(text("a", "b").setType(AttributeProto.AttributeType.INT))),
                new Case("ERROR onnx.ir-version", plus(good, new WireBytes().integer(1, 0))),
                new Case(
                        "WARNING onnx.ir-version",
                        OnnxFixtures.model().setIrVersion(99).build().toByteArray()),
                new Case(
                        "ERROR onnx.opset",
                        OnnxFixtures.model().clearOpsetImport().build().toByteArray()),
                new Case(
                        "ERROR onnx.function-cycle",
                        functions(function("a", "b"), function("b", "c"), function("c", "a"))),
                new Case("", functions(function("a", "b", "c"), function("b", "c"), function("c"))),
                new Case("ERROR onnx.duplicate-function", functions(function("a"), function("a"))),
                new Case(
                        "WARNING onnx.shadowed-operator",
                        functions(function("Relu").toBuilder()
                                .setDomain("ai.onnx")
                                .build())),
                new Case("ERROR onnx.sparse", sparse(4, 2)),
                new Case("ERROR onnx.sparse", sparse(4, 9)),
                new Case("ERROR onnx.sparse", sparse(-1, 2)),
                new Case("", sparse(2, 4)),
                new Case("DANGER onnx.foreign-code", graph(node("PyOp", "x", "y"))),
                new Case("", graph(node("PyOpt", "x", "y"))),
                new Case(
                        "WARNING onnx.custom-domain",
                        graph(node("A", "x", "y").toBuilder().setDomain("evil").build())),
                new Case(
                        "INFO onnx.custom-domain",
                        graph(node("A", "x", "y").toBuilder()
                                .setDomain("com.microsoft")
                                .build())),
                new Case("DANGER onnx.ep-context", context("../../secret.bin", 0)),
                new Case("DANGER onnx.ep-context", context("/etc/passwd", 0)),
                new Case("", context("context.bin", 0)),
                new Case("", context("../x", 1)),
                new Case(
                        "WARNING onnx.duplicate-field",
                        plus(good, new WireBytes().text(2, "a").text(2, "b"))),
                new Case("INFO onnx.unknown-fields", plus(good, new WireBytes().integer(30, 1))),
                new Case("WARNING onnx.unknown-fields", plus(good, new WireBytes().bytes(30, new byte[5000]))),
                new Case("WARNING onnx.embedded-file", with(text("a", "\u007fELF\1\1\1\0\0"))),
                new Case("WARNING onnx.embedded-file", with(text("a", "#!/bin/sh\nls"))),
                new Case("INFO onnx.embedded-url", with(text("a", "see https://example.org"))),
                new Case(
                        "WARNING onnx.duplicate-metadata",
                        OnnxFixtures.model()
                                .addMetadataProps(
                                        StringStringEntryProto.newBuilder().setKey("k"))
                                .addMetadataProps(
                                        StringStringEntryProto.newBuilder().setKey("k"))
                                .build()
                                .toByteArray()));
    }

    private static byte[] graph(Consumer<GraphProto.Builder> change) {
        ModelProto.Builder model = OnnxFixtures.model();
        change.accept(model.getGraphBuilder());
        return model.build().toByteArray();
    }

    private static TensorProto.Builder zero(String name) {
        return TensorProto.newBuilder().setName(name).setDataType(1).addFloatData(0);
    }

    private static SparseTensorProto empty(String name) {
        return SparseTensorProto.newBuilder()
                .setValues(zero(name).addDims(0).clearFloatData())
                .setIndices(TensorProto.newBuilder().setDataType(7).addDims(0))
                .addDims(9)
                .build();
    }

    static Stream<Case> declarations() {
        ModelProto.Builder old = OnnxFixtures.model(zero("w").build()).setIrVersion(3);
        byte[] untyped = with(number("a", 1).clearType());
        return Stream.of(
                new Case("WARNING onnx.graph-name", graph(GraphProto.Builder::clearName)),
                new Case("WARNING onnx.value-type", graph(g -> g.addInput(value("", true)))),
                new Case("WARNING onnx.value-type", graph(g -> g.addInput(value("x", false)))),
                new Case(
                        "WARNING onnx.value-type",
                        graph(g -> g.addInput(value("x", true)).addOutput(value("x", false)))),
                new Case("WARNING onnx.initializer-input", old.build().toByteArray()),
                new Case("", plus(old.build().toByteArray(), new WireBytes().integer(1, 4))),
                new Case("ERROR onnx.attribute", with(number("a", 1), number("a", 2))),
                new Case(
                        "ERROR onnx.attribute",
                        functions(function("f").toBuilder()
                                .addAttribute("a")
                                .addAttributeProto(number("a", 1))
                                .build())),
                new Case(
                        "WARNING onnx.duplicate-initializer",
                        graph(g -> g.addInitializer(zero("s")).addSparseInitializer(empty("s")))),
                new Case("WARNING onnx.unnamed-initializer", graph(g -> g.addSparseInitializer(empty("")))),
                new Case("ERROR onnx.value-type", graph(g -> g.addInputBuilder().setName("x"))),
                new Case(
                        "WARNING onnx.value-type",
                        graph(g -> g.addInput(value("x", true))
                                .addOutput(ValueInfoProto.newBuilder().setName("x")))),
                new Case(
                        "ERROR onnx.value-type",
                        graph(g -> g.addInputBuilder()
                                .setName("x")
                                .getTypeBuilder()
                                .getTensorTypeBuilder())),
                new Case(
                        "WARNING onnx.opset",
                        graph(g -> g.addNode(node("Gelu", "", "y").toBuilder().setDomain("com.microsoft")))),
                new Case(
                        "ERROR onnx.opset",
                        functions(function("f", "f2").toBuilder()
                                .clearOpsetImport()
                                .build())),
                new Case(
                        "ERROR onnx.function",
                        functions(function("f").toBuilder()
                                .addOutput("x")
                                .addOutput("x")
                                .build())),
                new Case("WARNING onnx.function", functions(function(""))),
                new Case("ERROR onnx.attribute", plus(untyped, new WireBytes().integer(1, 2))),
                new Case("", plus(untyped, new WireBytes().integer(1, 1))));
    }

    private static byte[] training(Consumer<TrainingInfoProto.Builder> change) {
        ModelProto.Builder model = OnnxFixtures.model(zero("w").build());
        model.getGraphBuilder()
                .addInput(value("x", true))
                .addNode(node("Mul", "x", "y").toBuilder().addInput("w"));
        change.accept(model.addTrainingInfoBuilder());
        return model.build().toByteArray();
    }

    private static GraphProto step(String operator, String input, String output) {
        return GraphProto.newBuilder()
                .setName("step")
                .addNode(node(operator, input, output))
                .addOutput(ValueInfoProto.newBuilder().setName(output))
                .build();
    }

    /// A training step is executed together with the main graph and sees its values; the initialization is not.
    static Stream<Case> trainings() {
        return Stream.of(
                new Case("", training(t -> t.setAlgorithm(step("Neg", "y", "w_new")))),
                new Case("", training(t -> t.setAlgorithm(step("Neg", "w", "w_new")))),
                new Case("ERROR onnx.order", training(t -> t.setAlgorithm(step("Neg", "z", "w_new")))),
                new Case("", training(t -> t.setInitialization(step("RandomNormal", "", "w_new")))),
                new Case("ERROR onnx.order", training(t -> t.setInitialization(step("Neg", "w", "w_new")))));
    }

    @ParameterizedTest
    @MethodSource({"cases", "declarations", "trainings"})
    void oneFinding(Case each) throws IOException {
        Set<String> found = new TreeSet<>();
        for (Finding finding : Onnx.FORMAT.validate(OnnxFixtures.write(folder, each.model()), ReadOptions.defaults())) {
            found.add(finding.severity() + " " + finding.rule());
            // Only what is missing from the whole model is nowhere.
            assertTrue(finding.offset() >= 0 || finding.where().equals("model"), finding::toString);
        }
        found.removeIf(
                f -> f.equals("INFO onnx.custom-domain") && !each.finding().equals(f));
        // Some change the version by saying another one, and the operator sets have their own rule about that.
        if (!each.finding().endsWith("onnx.duplicate-field")) {
            found.remove("WARNING onnx.duplicate-field");
        }
        if (!each.finding().endsWith("onnx.opset")) {
            found.remove("ERROR onnx.opset");
        }
        assertEquals(each.finding().isEmpty() ? Set.of() : Set.of(each.finding()), found);
    }

    @Test
    void comparisonsOfAnInputThatChooseArePointedOut() throws IOException {
        byte[] trigger = graph(
                node("ReduceSum", "x", "sum"),
                node("Constant", "", "c"),
                node("Equal", "sum", "is").toBuilder().addInput("c").build(),
                node("Conv", "x", "features"),
                node("Where", "is", "out").toBuilder()
                        .addInput("c")
                        .addInput("features")
                        .build());
        byte[] honest = graph(
                node("Conv", "x", "features"),
                node("Greater", "features", "is"),
                node("Where", "is", "out").toBuilder().addInput("features").build());
        try (OnnxFile model = Onnx.open(OnnxFixtures.write(folder, trigger))) {
            List<Finding> found = model.inputTriggers();
            assertEquals(1, found.size());
            assertEquals(Severity.INFO, found.getFirst().severity());
            assertTrue(found.getFirst().where().contains("out"));
        }
        try (OnnxFile model = Onnx.open(OnnxFixtures.write(folder, honest))) {
            assertEquals(List.of(), model.inputTriggers());
        }
    }

    @Test
    void theSummaryHasWhatMattersMost() throws IOException {
        try (OnnxFile model = Onnx.open(OnnxFixtures.path("net.onnx"))) {
            var summary = model.summary();
            assertEquals("ai.onnx 21", String.valueOf(summary.get("operator sets")));
            assertEquals("3762", String.valueOf(summary.get("parameters")));
            assertTrue(String.valueOf(summary.get("operators")).contains("Gemm 2"));
            assertEquals("0", String.valueOf(summary.get("bytes outside")));
        }
    }
}
