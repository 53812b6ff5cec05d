package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormats;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.TensorProto;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.Probe;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// What the onnx package has written is read as it reads it itself.
final class OnnxReadTest {
    static final List<String> FILES = OnnxFixtures.FILES;

    @ParameterizedTest
    @FieldSource("FILES")
    void tensorsAreThoseOfToArray(String file) throws IOException {
        Map<String, String> expected = new TreeMap<>();
        Map<String, String> actual = new TreeMap<>();
        try (OnnxFile model = Onnx.open(OnnxFixtures.path(file))) {
            for (JsonNode row : OnnxFixtures.oracle(file).get("tensors")) {
                boolean text = row.has("strings");
                expected.put(
                        row.get("name").asString(),
                        row.get("dtype").asString()
                                + row.get("shape").toString()
                                + (text
                                        ? row.get("strings").toString()
                                        : row.get("sha256").asString()));
            }
            for (Tensor tensor : model.tensors()) {
                boolean text = tensor.dtype().name().equals("STRING");
                String shape = tensor.shape().toString().replace(" ", "");
                String content = text
                        ? new ObjectMapper().writeValueAsString(model.strings(tensor.name()))
                        : OnnxFixtures.digest(tensor);
                actual.put(tensor.name(), tensor.dtype().name() + shape + content);
            }
        }
        assertEquals(expected, actual);
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void anyPartOfATensorCanBeRead(String file) throws IOException {
        try (OnnxFile model = Onnx.open(OnnxFixtures.path(file))) {
            for (Tensor tensor : model.tensors()) {
                byte[] all = new byte[(int) tensor.byteSize()];
                tensor.readInto(0, MemorySegment.ofArray(all));
                for (int from = all.length - 1; from >= 0; from -= 3) {
                    byte[] part = new byte[Math.min(5, all.length - from)];
                    tensor.readInto(from, MemorySegment.ofArray(part));
                    for (int i = 0; i < part.length; i++) {
                        assertEquals(all[from + i], part[i], tensor.name() + " " + from);
                    }
                }
            }
        }
    }

    @Test
    void rawAndExternalTensorsAreNotCopied() throws IOException {
        for (String file : List.of("types-raw.onnx", "types-external.onnx")) {
            try (OnnxFile model = Onnx.open(OnnxFixtures.path(file))) {
                for (Tensor tensor : model.tensors()) {
                    assertTrue(tensor.part() != null, tensor.name());
                    long base = tensor.part().bytes().address();
                    assertEquals(
                            base + tensor.offset().orElseThrow(),
                            tensor.segment().address());
                }
            }
        }
    }

    @Test
    void saysWhatTheModelIs() throws IOException {
        JsonNode expected = OnnxFixtures.oracle("sites.onnx");
        try (OnnxFile model = Onnx.open(OnnxFixtures.path("sites.onnx"))) {
            assertEquals(expected.get("ir").asLong(), model.irVersion());
            assertEquals(expected.get("producer").asString(), model.producer());
            assertEquals(Map.of("", 25L, "test.domain", 1L), model.opsets());
            assertEquals("nobody", model.metadata().getString("author"));
            assertEquals("zwei\nZeilen", model.metadata().getString("note"));
            assertEquals("main", model.metadata().getString("onnx.graph.name"));
            Map<String, Long> operators = new TreeMap<>();
            expected.get("operators")
                    .properties()
                    .forEach(e -> operators.put(e.getKey(), e.getValue().asLong()));
            assertEquals(operators, model.operatorCounts());
            assertEquals(texts(expected.get("inputs")), strings(model.inputs()));
            assertEquals(texts(expected.get("outputs")), strings(model.outputs()));
            assertEquals(texts(expected.get("functions")), model.functions());
            assertEquals(
                    List.of("w"),
                    model.initializers().stream().map(Tensor::name).toList());
        }
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asString()));
        return texts;
    }

    private static List<String> strings(List<OnnxValue> values) {
        return values.stream().map(OnnxValue::toString).toList();
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void theGraphIsTheModelWithoutWeights(String file) throws IOException {
        ModelProto all = ModelProto.parseFrom(Files.readAllBytes(OnnxFixtures.path(file)));
        ModelProto.Builder small = all.toBuilder();
        if (file.equals("net.onnx")) {
            for (TensorProto.Builder tensor : small.getGraphBuilder().getInitializerBuilderList()) {
                if (tensor.getRawData().size() + 4 * tensor.getFloatDataCount() > 1024) {
                    tensor.clearRawData().clearFloatData();
                }
            }
            small.getGraphBuilder().getNodeBuilderList().stream()
                    .filter(node -> node.getOpType().equals("Constant"))
                    .forEach(node -> node.getAttributeBuilder(0).getTBuilder().clearRawData());
        }
        try (OnnxFile model = Onnx.open(OnnxFixtures.path(file))) {
            assertEquals(small.build(), model.graph());
        }
    }

    @ParameterizedTest
    @FieldSource("FILES")
    void isFoundByContentAndHasNoFaults(String file) throws IOException {
        try (ModelFile model = ModelFile.open(OnnxFixtures.path(file))) {
            assertInstanceOf(OnnxFile.class, model);
        }
        Set<String> found = new TreeSet<>();
        Onnx.FORMAT.validate(OnnxFixtures.path(file), ReadOptions.defaults()).stream()
                .filter(finding -> finding.severity() != Severity.INFO)
                .forEach(finding -> found.add(finding.rule() + ": " + finding.message()));
        Set<String> faults =
                file.equals("sites.onnx") ? Set.of("onnx.value-type: output \"m\" has no shape") : Set.of();
        assertEquals(faults, found);
    }

    @Test
    void randomBytesAreNotRecognised(@TempDir Path folder) throws IOException {
        var random = new Random(5);
        int recognised = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] bytes = new byte[64 + random.nextInt(200)];
            random.nextBytes(bytes);
            bytes[0] = i % 2 == 0 ? 8 : bytes[0];
            Files.write(folder.resolve("random"), bytes);
            recognised += Onnx.FORMAT.recognises(Probe.of(folder.resolve("random"))) ? 1 : 0;
        }
        assertEquals(0, recognised);
        // A TensorFlow SavedModel: schema version, then a message in the place of the producer's name.
        Files.write(folder.resolve("random"), new byte[] {8, 1, 18, 4, 10, 2, 8, 1});
        assertFalse(Onnx.FORMAT.recognises(Probe.of(folder.resolve("random"))));
    }

    @Test
    void otherFixturesAreNotTakenForOnnx() throws IOException {
        Map<String, String> wrong = new LinkedHashMap<>();
        try (var files = Files.walk(OnnxFixtures.FOLDER.resolveSibling("safetensors"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                if (Onnx.FORMAT.recognises(Probe.of(file))) {
                    wrong.put(file.toString(), "onnx");
                }
            }
        }
        assertEquals(Map.of(), wrong);
        assertTrue(ModelFormats.installed().named("onnx").isPresent());
    }
}
