package dev.modelfile.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import java.io.IOException;
import java.nio.file.Path;
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
}
