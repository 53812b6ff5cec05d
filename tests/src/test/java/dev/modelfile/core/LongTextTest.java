package dev.modelfile.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.MalformedModelException;
import dev.modelfile.Metadata;
import dev.modelfile.ModelEdit;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.safetensors.Safetensors;
import dev.modelfile.spi.CarriedMetadata;
import dev.modelfile.spi.TextData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Metadata that stays in the file is no other than metadata on the heap.
final class LongTextTest {
    private static final String TEXT =
            "plain é \u2581 \ud83d\ude00 \" \\ / \b\f\n\r\t \u0001 \u001f \u007f|".repeat(5000);
    private static final WriteOptions OPTIONS = WriteOptions.defaults().withSync(false);
    private static final ReadOptions LITTLE_HEAP =
            ReadOptions.defaults().withLimits(ReadLimits.defaults().withMaxHeapBytes(100_000));

    @TempDir
    private Path folder;

    private static List<String> extensions() {
        return List.of("safetensors", "gguf", "onnx", "pt");
    }

    private static ModelFormat format(Path path) {
        return ModelFormats.installed().byExtension(path).orElseThrow();
    }

    private Path write(String name, Value value) throws IOException {
        Path path = folder.resolve(name);
        ModelWriter.of(format(path))
                .metadata("long", value)
                .metadata("short", "text")
                .add(TensorSource.of("w", Shape.of(2), 1, 2))
                .options(OPTIONS)
                .write(path);
        return path;
    }

    @ParameterizedTest
    @MethodSource("extensions")
    void equalsTextOnTheHeap(String extension) throws IOException {
        Path path = write("m." + extension, Value.of(TEXT));
        Value held = Value.of(TEXT);
        Value other = Value.of(TEXT.substring(0, TEXT.length() - 1) + "!");
        try (ModelFile model = format(path).open(path, LITTLE_HEAP)) {
            Value.Text stored = (Value.Text) model.metadata().get("long");
            assertEquals(held, stored);
            assertEquals(stored, held);
            assertEquals(held.hashCode(), stored.hashCode());
            assertNotEquals(stored, other);
            assertNotEquals(other, stored);
            assertEquals(TEXT, stored.toString());
            assertEquals(TEXT.getBytes(StandardCharsets.UTF_8).length, stored.byteSize());
            assertTrue(stored.isUtf8());
        }
    }

    @ParameterizedTest
    @MethodSource("extensions")
    void isWrittenAgainAsItWas(String extension) throws IOException {
        Path path = write("m." + extension, Value.of(TEXT));
        Path copy = folder.resolve("copy." + extension);
        Conversion.from(path).reading(LITTLE_HEAP).writing(OPTIONS).write(copy, format(path));
        assertEquals(-1, Files.mismatch(path, copy));
        ModelEdit.create().set("short", "test").apply(path, OPTIONS);
        try (ModelFile edited = ModelFile.open(path)) {
            assertEquals(Value.of(TEXT), edited.metadata().get("long"));
            assertEquals("test", edited.metadata().getString("short"));
        }
    }

    @ParameterizedTest
    @MethodSource("extensions")
    void isGoneWhenTheModelIsClosed(String extension) throws IOException {
        Path path = write("m." + extension, Value.of(TEXT));
        Metadata metadata;
        try (ModelFile model = format(path).open(path, LITTLE_HEAP)) {
            metadata = model.metadata();
        }
        Value.Text stored = (Value.Text) metadata.get("long");
        assertThrows(IllegalStateException.class, stored::bytes);
        assertThrows(IllegalStateException.class, stored::toString);
        assertThrows(IllegalStateException.class, () -> stored.equals(Value.of(TEXT)));
        assertEquals("text", metadata.getString("short"));
    }

    private static List<Value> arrays() {
        List<Value> reals = new ArrayList<>();
        List<Value> pairs = new ArrayList<>();
        List<Value> mixed = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            reals.add(Value.f32(i % 1000 == 0 ? Float.NaN : -i / 3f));
            pairs.add(Value.array(List.of(Value.u32(i), Value.u32(2L * i))));
            mixed.add(i % 3 == 0 ? Value.of(i) : Value.of("t\"" + i));
            texts.add("\\" + i + "\"\ud83d\ude00\n");
        }
        return List.of(Value.array(reals), Value.array(pairs), Value.array(mixed), Value.strings(texts));
    }

    @ParameterizedTest
    @ValueSource(strings = {"safetensors", "onnx", "pt"})
    void arraysComeBackThroughTheirText(String extension) throws IOException {
        for (Value array : arrays()) {
            Path path = folder.resolve("m." + extension);
            Metadata typed = Metadata.of(java.util.Map.of("long", array));
            List<String> dropped = new ArrayList<>();
            ModelWriter.of(format(path))
                    .metadata(format(path).adapt(typed, dropped))
                    .add(TensorSource.of("w", Shape.of(2), 1, 2))
                    .options(OPTIONS.withOverwrite(true))
                    .write(path);
            Value.Array restored;
            try (ModelFile model = ModelFile.open(path)) {
                Metadata metadata = CarriedMetadata.restore(model.portableMetadata(), dropped);
                assertEquals(typed, metadata);
                restored = (Value.Array) metadata.get("long");
                assertEquals(
                        ((Value.Array) array).get(12_345).toString(),
                        restored.get(12_345).toString());
                assertThrows(IndexOutOfBoundsException.class, () -> restored.get(20_000));
            }
            assertEquals(List.of(), dropped);
        }
    }

    private Path header(String longText) throws IOException {
        byte[] json = ("{\"__metadata__\":{\"long\":\"" + longText + "\"}}").getBytes(StandardCharsets.UTF_8);
        Path path = folder.resolve("crafted.safetensors");
        return Files.write(
                path,
                ByteBuffer.allocate(8 + json.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(json.length)
                        .put(json)
                        .array());
    }

    @Test
    void everyEscapeIsDecoded() throws IOException {
        String escaped = "\\u0022\\u00e9\\u2581\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\\\\\"\\u005b x".repeat(2000);
        String meant = "\"\u00e9\u2581\ud83d\ude00/\b\f\n\r\t\\\"[ x".repeat(2000);
        assertTrue(escaped.length() > TextData.LONG);
        try (ModelFile model = Safetensors.open(header(escaped))) {
            assertEquals(Value.of(meant), model.metadata().get("long"));
            assertEquals(meant, model.metadata().getString("long"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\x", "\\u12g4", "\\ud800", "\\ud800\\u0041", "\\udc00", "\u0001"})
    void brokenEscapesAreFoundHoweverFar(String broken) throws IOException {
        Path path = header("y".repeat(300_000) + broken + "z");
        MalformedModelException error = assertThrows(MalformedModelException.class, () -> Safetensors.open(path));
        assertEquals("safetensors.invalid-header-deserialization", error.rule());
        assertTrue(error.offset() >= 300_000, error::toString);
    }

    @Test
    void textWithoutEndIsFound() throws IOException {
        Path path = header("y".repeat(300_000));
        byte[] bytes = Files.readAllBytes(path);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(200_000);
        Files.write(path, bytes);
        assertThrows(MalformedModelException.class, () -> Safetensors.open(path));
    }
}
