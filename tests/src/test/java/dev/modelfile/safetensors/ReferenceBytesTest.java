package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.Fixtures;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The writer makes the bytes that the reference makes.
final class ReferenceBytesTest {
    @TestFactory
    Stream<DynamicTest> rewritesWhatTheReferenceWrote(@TempDir Path folder) {
        List<Fixtures.Model> models = Fixtures.models(path -> path.endsWith(".safetensors")).stream()
                .filter(model -> !model.tool().contains("by hand"))
                .toList();
        assertTrue(models.size() >= 15);
        return models.stream()
                .map(model -> dynamicTest(model.path(), () -> {
                    Path copy = folder.resolve("copy.safetensors");
                    try (SafetensorsFile original = Safetensors.open(model.file())) {
                        List<TensorSource> shuffled = new ArrayList<>(original.tensors());
                        Collections.shuffle(shuffled, new Random(3));
                        Safetensors.writer()
                                .metadata(original.metadata())
                                .addAll(shuffled)
                                .options(WriteOptions.defaults().withOverwrite(true))
                                .write(copy);
                    }
                    assertArrayEquals(Files.readAllBytes(model.file()), Files.readAllBytes(copy));
                }));
    }

    @TestFactory
    Stream<DynamicTest> writesAsTheReference(@TempDir Path folder) {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode test : Fixtures.json("safetensors/writer.json").get("cases")) {
            JsonNode metadata = test.get("metadata");
            if (metadata.isObject() && metadata.isEmpty()) {
                // The reference tells an empty map from none; here both are no metadata, and nothing is written.
                continue;
            }
            tests.add(dynamicTest(test.get("id").asString(), () -> {
                Path file = folder.resolve("written.safetensors");
                writer(test).write(file);
                assertArrayEquals(Fixtures.hex(test.get("bytesHex")), Files.readAllBytes(file));
            }));
        }
        assertEquals(14, tests.size());
        return tests.stream();
    }

    private static ModelWriter writer(JsonNode test) {
        ModelWriter writer =
                Safetensors.writer().options(WriteOptions.defaults().withOverwrite(true));
        Map<String, String> metadata = Fixtures.strings(test.get("metadata"));
        if (metadata != null) {
            metadata.forEach(writer::metadata);
        }
        for (JsonNode tensor : test.get("tensors")) {
            writer.add(TensorSource.of(
                    tensor.get("name").asString(),
                    ScalarType.valueOf(tensor.get("dtype").asString()),
                    Shape.of(Fixtures.longs(tensor.get("shape")).stream()
                            .mapToLong(Long::longValue)
                            .toArray()),
                    MemorySegment.ofArray(Fixtures.hex(tensor.get("dataHex")))));
        }
        return writer;
    }

    @Test
    void dividesAsHuggingFace(@TempDir Path folder) throws IOException {
        Path original = Fixtures.path("checkpoints/sharded");
        try (SafetensorsFile whole = Safetensors.open(Fixtures.path("checkpoints/model.safetensors"));
                SafetensorsFile sharded = Safetensors.open(original)) {
            assertEquals(3, sharded.shards().size());
            assertEquals(whole.tensors().size(), sharded.tensors().size());
            // The order in which Hugging Face filled the shards is that of its index.
            JsonNode index = Fixtures.json("checkpoints/sharded/model.safetensors.index.json");
            List<TensorSource> ordered = new ArrayList<>();
            index.get("weight_map").properties().forEach(e -> ordered.add(whole.tensor(e.getKey())));
            List<Path> written = Safetensors.writer()
                    .metadata(sharded.metadata())
                    .addAll(ordered)
                    .options(WriteOptions.defaults().withMaxShardBytes(6000))
                    .write(folder.resolve("model.safetensors"));
            assertEquals(4, written.size());
            assertEquals(index, Fixtures.parse(Files.readString(folder.resolve("model.safetensors.index.json"))));
            for (int i = 1; i <= 3; i++) {
                String shard = "model-0000" + i + "-of-00003.safetensors";
                assertArrayEquals(
                        Files.readAllBytes(original.resolve(shard)), Files.readAllBytes(folder.resolve(shard)));
            }
        }
    }
}
