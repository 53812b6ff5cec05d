package dev.modelfile.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.cli.terminal.Terminal;
import dev.modelfile.safetensors.Safetensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What one run of the program has said.
record Cli(int code, byte[] bytes, String err) {
    static final Path CHECKPOINTS = Path.of("src/test/resources/fixtures/checkpoints");
    static final Path MODEL = CHECKPOINTS.resolve("model.safetensors");
    static final Path SHARDED = CHECKPOINTS.resolve("sharded");

    /// Runs as in a pipe.
    static Cli run(Object... args) {
        return run(Terminal.none(), args);
    }

    static Cli run(Terminal terminal, Object... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] words = Arrays.stream(args).map(String::valueOf).toArray(String[]::new);
        int code = Main.run(words, out, err, terminal);
        return new Cli(code, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    String out() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    JsonNode json() {
        assertEquals(1, out().lines().count(), "JSON is one line");
        JsonNode node = JsonMapper.shared().readTree(bytes);
        assertEquals(1, node.path("schemaVersion").asInt(), "every document says its version");
        return node;
    }

    Cli expect(int expected) {
        assertEquals(expected, code, () -> out() + err);
        return this;
    }

    /// That it failed with one line on standard error and nothing on standard output.
    void expectFailure(int expected, String... parts) {
        expect(expected);
        assertEquals("", out());
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.startsWith("modelfile: "), err);
        for (String part : parts) {
            assertTrue(err.contains(part), () -> "\"" + part + "\" in: " + err);
        }
    }

    /// Writes a small model of two tensors.
    static Path tiny(Path folder, String name, float... values) throws IOException {
        return Safetensors.writer()
                .metadata("format", "pt")
                .add(TensorSource.of("a", Shape.of(values.length), values))
                .add(TensorSource.of("b", ScalarType.U64, Shape.of(2), MemorySegment.ofArray(new byte[] {
                    -1, -1, -1, -1, -1, -1, -1, -1, 1, 0, 0, 0, 0, 0, 0, 0
                })))
                .write(folder.resolve(name))
                .get(0);
    }
}
