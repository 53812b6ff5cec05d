package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.scan.Finding;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Every file that gguf-py writes reads back as what it was given, and written again is the same file.
class GgufPyFilesTest {
    private static final Map<String, String> PYTHON_TYPES = Map.ofEntries(
            Map.entry("UINT8", "U8"),
            Map.entry("INT8", "I8"),
            Map.entry("UINT16", "U16"),
            Map.entry("INT16", "I16"),
            Map.entry("UINT32", "U32"),
            Map.entry("INT32", "I32"),
            Map.entry("UINT64", "U64"),
            Map.entry("INT64", "I64"),
            Map.entry("FLOAT32", "F32"),
            Map.entry("FLOAT64", "F64"));

    @TempDir
    Path folder;

    static Stream<String> names() {
        return Fixtures.expected().propertyNames().stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void readsWhatWasWritten(String name) throws IOException {
        JsonNode expected = Fixtures.expected().get(name);
        try (GgufFile model = Gguf.open(Fixtures.path(name + ".gguf"))) {
            for (JsonNode pair : expected.get("metadata")) {
                checkValue(model.metadata().get(pair.get(0).stringValue()), pair);
            }
            assertEquals(
                    expected.get("metadata").size(),
                    model.metadata().keys().stream()
                            .filter(key -> !key.startsWith("split."))
                            .count());
            assertEquals(expected.get("tensors").size(), model.tensors().size());
            int i = 0;
            for (JsonNode row : expected.get("tensors")) {
                Tensor tensor = model.tensors().get(i++);
                assertEquals(row.get("name").stringValue(), tensor.name());
                assertEquals(
                        row.get("type").stringValue().toUpperCase(),
                        tensor.dtype().name().toUpperCase());
                long[] shape = row.get("shape")
                        .valueStream()
                        .mapToLong(JsonNode::longValue)
                        .toArray();
                assertArrayEquals(shape, tensor.shape().toArray(), tensor.name());
                assertEquals(row.get("sha256").stringValue(), tensor.sha256(), tensor.name());
            }
        }
    }

    private static void checkValue(Value value, JsonNode pair) {
        String type = pair.get(1).stringValue();
        JsonNode content = pair.get(2);
        assertEquals(
                PYTHON_TYPES.getOrDefault(type, type),
                value.type().name(),
                pair.get(0).stringValue());
        if (!(value instanceof Value.Array array)) {
            checkScalar(value, content.stringValue());
            return;
        }
        String element = content.get(0).stringValue();
        assertEquals(
                PYTHON_TYPES.getOrDefault(element, element), array.elementType().name());
        List<Value> elements =
                LongStream.range(0, array.size()).mapToObj(array::get).toList();
        assertEquals(content.get(1).size(), elements.size());
        for (int i = 0; i < elements.size(); i++) {
            checkScalar(elements.get(i), content.get(1).get(i).stringValue());
        }
    }

    private static void checkScalar(Value value, String text) {
        switch (value) {
            case Value.Real real
            when real.type() == Value.Type.F32 -> assertEquals(Float.parseFloat(text), (float) real.value());
            case Value.Real real -> assertEquals(Double.parseDouble(text), real.value());
            case Value.Bool bool -> assertEquals(text.equals("True"), bool.value());
            default -> assertEquals(text, value.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pairs", "alignment", "tensor-types", "vocab", "nested"})
    void untouchedRewriteIsTheSameFile(String name) throws IOException {
        Path copy = folder.resolve("copy.gguf");
        rewrite(Fixtures.path(name + ".gguf"), copy, WriteOptions.defaults());
        assertEquals(-1, Files.mismatch(Fixtures.path(name + ".gguf"), copy));
    }

    @Test
    void bigEndianRewriteIsTheSameFile() throws IOException {
        Path source = Fixtures.path("pairs-big-endian.gguf");
        try (GgufFile model = Gguf.open(source)) {
            assertEquals(ByteOrder.BIG_ENDIAN, model.byteOrder());
        }
        Path copy = folder.resolve("copy.gguf");
        rewrite(source, copy, WriteOptions.defaults().withByteOrder(ByteOrder.BIG_ENDIAN));
        assertEquals(-1, Files.mismatch(source, copy));
        Path little = folder.resolve("little.gguf");
        rewrite(source, little, WriteOptions.defaults());
        assertEquals(-1, Files.mismatch(Fixtures.path("pairs.gguf"), little));
    }

    @Test
    void shardsAreWrittenAsTheyWereRead() throws IOException {
        Path first = Fixtures.path("shards-00001-of-00003.gguf");
        Path target = folder.resolve("shards.gguf");
        List<Path> written = rewrite(first, target, WriteOptions.defaults().withMaxShardTensors(2));
        assertEquals(3, written.size());
        assertEquals("shards-00001-of-00003.gguf", written.get(0).getFileName().toString());
        for (Path shard : written) {
            Path original = first.resolveSibling(shard.getFileName().toString());
            assertEquals(-1, Files.mismatch(original, shard), shard.toString());
            try (GgufFile ours =
                            ModelReader.readAlone(shard, ReadOptions.defaults().withStrict(true));
                    GgufFile theirs = ModelReader.readAlone(original, ReadOptions.defaults())) {
                assertEquals(theirs.metadata().keys(), ours.metadata().keys());
                assertEquals(theirs.tensors().names(), ours.tensors().names());
            }
        }
        rewrite(written.get(0), target, WriteOptions.defaults());
        try (GgufFile merged = Gguf.open(target);
                GgufFile model = Gguf.open(first)) {
            assertEquals(
                    List.of("general.architecture", "general.name"),
                    List.copyOf(merged.metadata().keys()));
            assertEquals(model.tensors().names(), merged.tensors().names());
            for (Tensor tensor : model.tensors()) {
                assertEquals(tensor.sha256(), merged.tensor(tensor.name()).sha256());
            }
        }
    }

    private static List<Path> rewrite(Path source, Path target, WriteOptions options) throws IOException {
        try (GgufFile model = Gguf.open(source)) {
            return Gguf.writer()
                    .metadata(model.metadata())
                    .addAll(model.tensors())
                    .options(options)
                    .write(target);
        }
    }

    @Test
    void blockTypesSurviveBigEndian() throws IOException {
        Path source = Fixtures.path("tensor-types.gguf");
        Path big = folder.resolve("big.gguf");
        rewrite(source, big, WriteOptions.defaults().withByteOrder(ByteOrder.BIG_ENDIAN));
        try (GgufFile a = Gguf.open(source);
                GgufFile b = Gguf.open(big)) {
            for (Tensor tensor : a.tensors()) {
                assertEquals(tensor.sha256(), b.tensor(tensor.name()).sha256(), tensor.name());
            }
        }
        Path back = folder.resolve("back.gguf");
        rewrite(big, back, WriteOptions.defaults());
        assertEquals(-1, Files.mismatch(source, back));
    }

    @Test
    void nestedArraysAreRead() throws IOException {
        try (GgufFile model = Gguf.open(Fixtures.path("nested.gguf"))) {
            Value.Array outer = (Value.Array) model.metadata().get("nested");
            assertEquals(2, outer.size());
            assertEquals("[1, 2, 3]", outer.get(0).toString());
            assertEquals(Value.Type.STRING, ((Value.Array) outer.get(1)).elementType());
            Metadata copy = Metadata.of(model.metadata().entries());
            assertEquals(copy, model.metadata());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pairs", "alignment", "vocab", "shards-00001-of-00003", "shards-00002-of-00003"})
    void nothingIsFoundInSoundFiles(String name) throws IOException {
        List<Finding> findings = Gguf.FORMAT.validate(Fixtures.path(name + ".gguf"), ReadOptions.defaults());
        assertTrue(findings.stream().allMatch(finding -> finding.rule().equals("gguf.shard")), findings.toString());
    }

    @Test
    void embeddedModelsAreReadAtTheirOffset() throws IOException {
        Path embedded = folder.resolve("embedded.bin");
        byte[] model = Files.readAllBytes(Fixtures.path("alignment.gguf"));
        byte[] all = new byte[model.length + 7];
        System.arraycopy(model, 0, all, 7, model.length);
        Files.write(embedded, all);
        try (GgufFile inside = Gguf.openAt(embedded, 7, ReadOptions.defaults().withStrict(true));
                ModelFile alone = ModelFile.open(Fixtures.path("alignment.gguf"))) {
            assertEquals(7, inside.startOffset());
            assertEquals(alone.metadata(), inside.metadata());
            for (Tensor tensor : alone.tensors()) {
                assertEquals(tensor.sha256(), inside.tensor(tensor.name()).sha256());
            }
        }
    }
}
