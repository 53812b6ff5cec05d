package dev.modelfile.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import dev.modelfile.Value;
import dev.modelfile.onnx.OnnxFile;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.NodeProto;
import dev.modelfile.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The verbs on ONNX.
final class OnnxVerbsTest {
    private static final Path NET = Path.of("src/test/resources/fixtures/onnx/net.onnx");

    @TempDir
    private Path folder;

    @Test
    void infoTellsOfTheGraph() {
        JsonNode summary =
                Cli.run("info", NET, "--format", "json").expect(0).json().get("summary");
        assertTrue(summary.get("operator sets").asString().startsWith("ai.onnx "), summary.toString());
        assertTrue(summary.get("inputs").get(0).asString().contains(": FLOAT["), summary.toString());
        assertTrue(summary.get("outputs").get(0).asString().contains(": FLOAT["), summary.toString());
        assertTrue(summary.get("nodes").asLong() > 0, summary.toString());
        Cli.run("info", NET).expect(0);
    }

    @Test
    void convertsTheTensors() throws IOException {
        Path out = folder.resolve("net.safetensors");
        Cli.run("convert", NET, out).expect(0);
        try (ModelFile from = ModelFile.open(NET);
                ModelFile to = ModelFile.open(out)) {
            assertEquals(from.tensors().size(), to.tensors().size());
        }
        Cli.run("diff", NET, out, "--ignore-metadata").expect(0);
    }

    private static String digests(Path model) {
        return Cli.run("hash", model)
                .expect(0)
                .out()
                .lines()
                .filter(line -> line.startsWith("tensor"))
                .sorted()
                .collect(Collectors.joining("\n"));
    }

    @Test
    void putsWeightsBackIntoTheGraph() throws IOException {
        Path weights = folder.resolve("net.safetensors");
        Path empty = folder.resolve("empty.onnx");
        Path whole = folder.resolve("whole.onnx");
        Cli.run("convert", NET, weights, "--rename", "s/^/net./").expect(0);
        Cli.run("convert", NET, empty, "--weights", "none", "--threshold", "100")
                .expect(0);
        assertTrue(Files.size(empty) < 3000);
        JsonNode report = Cli.run(
                        "convert", weights, whole, "--into", empty, "--rename", "s/^net.//", "--format", "json")
                .expect(0)
                .json();
        JsonNode first = report.get("tensors").get(0);
        assertEquals(first.get("from").asString(), "net." + first.get("to").asString());
        assertEquals(1, report.get("files").size());
        assertEquals(digests(NET), digests(whole));
        try (ModelFile before = ModelFile.open(NET);
                ModelFile after = ModelFile.open(whole)) {
            assertEquals(before.metadata(), after.metadata());
            assertEquals(before.summary(), after.summary());
        }
    }

    @Test
    void weightsOfOtherTypesGoBackAsTheGraphWantsThem() {
        Path weights = folder.resolve("half.safetensors");
        Path whole = folder.resolve("whole.onnx");
        Cli.run("convert", NET, weights, "--type", "BF16").expect(0);
        String refused =
                Cli.run("convert", weights, whole, "--into", NET).expect(2).err();
        assertTrue(refused.contains("as F32, not as BF16; convert with --type 'BF16=F32'"), refused);
        Cli.run("convert", weights, whole, "--into", NET, "--type", "F32").expect(0);
        String unknown = Cli.run(
                        "convert", weights, whole, "--force", "--into", NET, "--rename", "w2=w9", "--type", "F32")
                .expect(2)
                .err();
        assertTrue(unknown.contains("lacks 2 tensors: \"w9\", \"w9copy\";"), unknown);
        String one = Cli.run(
                        "convert", weights, whole, "--force", "--into", NET, "--rename", "w2copy=w9", "--type", "F32")
                .expect(2)
                .err();
        assertTrue(one.contains("no tensor \"w9\";"), one);
        Cli.run("convert", weights, whole, "--force", "--into", NET, "--type", "F32", "--include", "^b1$")
                .expect(0);
        assertTrue(digests(whole).contains("w2") && !digests(NET).equals(digests(whole)));
    }

    @Test
    void weightsGoOutsideAndComeBack() throws IOException {
        Path outside = folder.resolve("outside.onnx");
        Path inside = folder.resolve("inside.onnx");
        Cli.run(
                        "convert",
                        NET,
                        outside,
                        "--weights",
                        "external",
                        "--threshold",
                        "100",
                        "--align",
                        "4096",
                        "--checksum",
                        "--max-shard-size",
                        "9000")
                .expect(0);
        try (OnnxFile model = (OnnxFile) ModelFile.open(outside)) {
            assertEquals(4 + 1, model.parts().size());
            assertEquals("outside.onnx-00002.data", model.location("w2").orElseThrow());
            assertEquals(0, model.tensor("b1").offset().orElseThrow() % 4096);
            assertEquals(List.of(), model.verifyChecksums());
        }
        Cli.run("validate", outside, "--checksums").expect(0);
        Path first = folder.resolve("outside.onnx-00001.data");
        byte[] intact = Files.readAllBytes(first);
        byte[] changed = intact.clone();
        changed[0] ^= 1;
        Files.write(first, changed);
        Cli.run("validate", outside).expect(0);
        Cli.run("validate", outside, "--checksums").expect(1);
        Files.write(first, intact);
        Cli.run("convert", outside, inside, "--weights", "inside").expect(0);
        assertEquals(digests(NET), digests(inside));
        try (OnnxFile model = (OnnxFile) ModelFile.open(inside)) {
            assertEquals(1, model.parts().size());
        }
    }

    @Test
    void mergingBringsTheWeightsInside() throws IOException {
        Path outside = folder.resolve("outside.onnx");
        Path merged = folder.resolve("merged.onnx");
        Cli.run("convert", NET, outside, "--weights", "external", "--max-tensors", "1")
                .expect(0);
        JsonNode planned = Cli.run("merge", outside, merged, "--dry-run", "--format", "json")
                .expect(0)
                .json();
        assertFalse(Files.exists(merged));
        assertEquals(1, planned.get("files").size());
        Cli.run("merge", outside, merged).expect(0);
        assertEquals(planned.get("bytes").asLong(), Files.size(merged));
        try (OnnxFile model = (OnnxFile) ModelFile.open(outside)) {
            assertTrue(model.parts().size() > 2);
            for (var part : model.parts()) {
                Files.delete(part.path());
            }
        }
        assertEquals(digests(NET), digests(merged));
        Cli.run("convert", NET, outside, "--weights", "external").expect(0);
        Files.delete(folder.resolve("outside.onnx.data"));
        Cli.run("merge", outside, folder.resolve("none.onnx")).expect(2);
        assertFalse(Files.exists(folder.resolve("none.onnx")));
        Path weights = folder.resolve("net.safetensors");
        Cli.run("convert", NET, weights).expect(0);
        Cli.run("merge", weights, merged, "--force").expect(0);
        assertEquals(digests(weights), digests(merged));
    }

    @Test
    void theWayOutIsNamedIfASidecarCannotComeAlong() throws IOException {
        Path model = folder.resolve("model.onnx");
        Path other = Files.createDirectory(folder.resolve("other"));
        Path there = Files.writeString(other.resolve("model.onnx.data"), "another file");
        Cli.run("convert", NET, model, "--weights", "external").expect(0);
        String said = Cli.run("convert", model, other.resolve("copy.onnx"), "--force")
                .expect(2)
                .err();
        assertTrue(said.contains("convert with '--weights inside' or '--weights external'"), said);
        assertEquals("another file", Files.readString(there));
        Cli.run("convert", model, other.resolve("copy.onnx"), "--weights", "inside")
                .expect(0);
    }

    @Test
    void safetensorsHoldTheWeightsOfAGraph() {
        Path graph = folder.resolve("graph.onnx");
        Cli.run("convert", NET, graph, "--weights", "safetensors", "--threshold", "0")
                .expect(0);
        assertEquals(digests(NET), digests(graph));
        assertEquals(digests(NET), digests(folder.resolve("graph.safetensors")));
    }

    @Test
    void equalTensorsAreMerged() {
        Path merged = folder.resolve("merged.onnx");
        JsonNode report = Cli.run("convert", NET, merged, "--deduplicate", "--format", "json")
                .expect(0)
                .json();
        assertEquals(
                "initializer \"w2copy\" equals \"w2\", which stands for both",
                report.get("notes").get(0).asString());
        report.get("tensors")
                .forEach(tensor -> assertNotEquals("w2copy", tensor.get("from").asString()));
        assertEquals(
                Cli.run("ls", merged, "--format", "json")
                        .expect(0)
                        .json()
                        .get("tensors")
                        .size(),
                report.get("tensors").size());
        assertEquals(
                digests(NET).lines().filter(line -> !line.endsWith("w2copy")).collect(Collectors.joining("\n")),
                digests(merged));
    }

    @Test
    void whatEveryModelNeedsIsNotRemoved() throws IOException {
        Path model = Files.copy(NET, folder.resolve("model.onnx"));
        for (String key : List.of("onnx.ir_version", "onnx.opset.")) {
            String said = Cli.run("edit", model, "--remove", key).expect(2).err();
            assertTrue(said.contains("no program would load the model"), said);
        }
        assertArrayEquals(Files.readAllBytes(NET), Files.readAllBytes(model));
    }

    @Test
    void aPatternLeavesWhatEveryModelNeeds() throws IOException {
        Path out = folder.resolve("out.onnx");
        for (String more : List.of("--force", "--deduplicate")) {
            String said = Cli.run("convert", NET, out, "--remove-metadata", "onnx.*", more)
                    .expect(0)
                    .err();
            Path written = Files.move(out, folder.resolve("written.onnx"), StandardCopyOption.REPLACE_EXISTING);
            assertTrue(said.contains("'onnx.*' leaves onnx.ir_version in"), said);
            assertTrue(said.contains("'onnx.*' leaves onnx.opset. in"), said);
            try (ModelFile before = ModelFile.open(NET);
                    ModelFile after = ModelFile.open(written)) {
                assertEquals(
                        before.metadata()
                                .select(key -> !key.startsWith("onnx.")
                                        || key.equals("onnx.ir_version")
                                        || key.startsWith("onnx.opset.")),
                        after.metadata());
            }
        }
        Cli.run("convert", NET, out, "--remove-metadata", "onnx.ir_version").expect(2);
        Path weights = folder.resolve("net.safetensors");
        String said = Cli.run("convert", NET, weights, "--remove-metadata", "onnx.*")
                .expect(0)
                .err();
        assertFalse(said.contains("leaves"), said);
        try (ModelFile after = ModelFile.open(weights)) {
            assertTrue(after.metadata().find("onnx.ir_version").isEmpty());
        }
    }

    @Test
    void textIsANumberWhereTheModelHasOne() throws IOException {
        Path model = Files.copy(NET, folder.resolve("model.onnx"));
        Path made = folder.resolve("made.onnx");
        Path weights = folder.resolve("net.safetensors");
        String[] set = {"onnx.model_version=7", "onnx.opset.some.domain=3"};
        Cli.run("edit", model, "--set", set[0], "--set", set[1]).expect(0);
        Cli.run("convert", NET, weights, "--remove-metadata", "onnx.*").expect(0);
        Cli.run("convert", weights, made, "--metadata", set[0], "--metadata", set[1])
                .expect(0);
        for (Path each : List.of(model, made)) {
            try (ModelFile after = ModelFile.open(each)) {
                assertEquals(Value.of(7L), after.metadata().get("onnx.model_version"));
                assertEquals(Value.of(3L), after.metadata().get("onnx.opset.some.domain"));
            }
        }
        for (String bad : List.of("onnx.opset.other=new", "onnx.opset.other=", "onnx.opset.other=0")) {
            Cli.run("edit", model, "--set", bad).expect(2);
        }
    }

    @Test
    void whatMakesNoSenseIsRefusedAndNothingIsWritten() throws IOException {
        Path weights = folder.resolve("w.safetensors");
        Path out = folder.resolve("out.onnx");
        Cli.run("convert", NET, weights).expect(0);
        Cli.run("convert", NET, folder.resolve("x.safetensors"), "--weights", "none")
                .expect(64);
        Cli.run("convert", weights, out, "--weights", "external").expect(64);
        Cli.run("convert", NET, out, "--threshold", "10").expect(64);
        Cli.run("convert", NET, out, "--checksum").expect(64);
        Cli.run("convert", NET, out, "--weights", "inside", "--max-shard-size", "1k")
                .expect(64);
        Cli.run("convert", NET, out, "--deduplicate", "--exclude", "w2").expect(64);
        Cli.run("convert", NET, out, "--deduplicate", "--type", "F16").expect(64);
        Cli.run("convert", NET, out, "--weights", "external", "--dry-run").expect(0);
        Files.writeString(folder.resolve("out.onnx.data"), "precious");
        Cli.run("convert", NET, out, "--weights", "external").expect(2);
        Cli.run("convert", NET, out, "--weights", "external", "--dry-run").expect(2);
        assertEquals("precious", Files.readString(folder.resolve("out.onnx.data")));
        assertFalse(Files.exists(out));
    }

    private static NodeProto.Builder node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder().setOpType(operator).addOutput(output).addAllInput(List.of(inputs));
    }

    @Test
    void pointsOutInputTriggers() throws IOException {
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(NET)).toBuilder();
        String input = model.getGraph().getInput(0).getName();
        model.getGraphBuilder()
                .addNode(node("ReduceSum", "trigger.sum", input))
                .addNode(node("Equal", "trigger.is", "trigger.sum", "trigger.value"))
                .addNode(node("Where", "trigger.out", "trigger.is", "trigger.value", input))
                .addInitializer(TensorProto.newBuilder()
                        .setName("trigger.value")
                        .setDataType(1)
                        .addFloatData(0));
        Path file = folder.resolve("chooses.onnx");
        Files.write(file, model.build().toByteArray());
        assertFalse(Cli.run("scan", file).expect(0).out().contains("trigger"));
        assertTrue(Cli.run("scan", file, "--input-triggers").expect(0).out().contains("trigger.out"));
        assertFalse(Cli.run("scan", NET, "--input-triggers").expect(0).out().contains("input"));
    }
}
