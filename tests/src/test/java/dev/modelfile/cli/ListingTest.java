package dev.modelfile.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.cli.terminal.Terminal;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `ls` and `info`: what scripts rely on, and what a terminal may be shown.
final class ListingTest {
    private static final String EVIL = "\u001b]0;owned\u0007\u202e\u009b31m\n\u007fend";

    @ParameterizedTest
    @ValueSource(strings = {"model", "sharded"})
    void listsAsTheGoldenFile(String name) throws IOException {
        Path path = Cli.CHECKPOINTS.resolve(name.equals("model") ? "model.safetensors" : name);
        Cli run = Cli.run("ls", path, "--format", "json", "--digest").expect(0);
        assertEquals(Files.readString(Path.of("src/test/resources/golden/cli/ls-" + name + ".json")), run.out());
        assertEquals("", run.err());
    }

    @Test
    void digestsAreThoseOfTheManifest() throws IOException {
        Map<String, String> expected = new HashMap<>();
        JsonNode manifest =
                JsonMapper.shared().readTree(Files.readAllBytes(Path.of("src/test/resources/fixtures/manifest.json")));
        for (JsonNode file : manifest.get("files")) {
            if (file.get("path").asString().equals("checkpoints/model.safetensors")) {
                file.get("tensors")
                        .forEach(tensor -> expected.put(
                                tensor.get("name").asString(),
                                tensor.get("sha256").asString()));
            }
        }
        Map<String, String> actual = new HashMap<>();
        Cli.run("ls", Cli.SHARDED, "--format", "tsv", "--digest")
                .expect(0)
                .out()
                .lines()
                .skip(1)
                .forEach(line -> {
                    List<String> cells = List.of(line.split("\t", -1));
                    assertEquals(8, cells.size(), line);
                    actual.put(cells.get(0), cells.get(7).replace("sha256:", ""));
                });
        assertEquals(expected, actual);
        assertEquals(18, actual.size());
    }

    @Test
    void infoCounts() {
        JsonNode info =
                Cli.run("info", Cli.SHARDED, "--format", "json").expect(0).json();
        assertEquals("safetensors", info.get("format").asString());
        assertEquals(3, info.get("parts").size());
        assertEquals(18, info.get("tensors").asInt());
        assertEquals(9900, info.get("elements").asInt());
        assertEquals(39608, info.get("bytes").asInt());
        assertEquals(8.0 * 39608 / 9900, info.get("bitsPerWeight").asDouble());
        assertEquals("pt", info.get("metadata").get("format").asString());
        assertTrue(Cli.run("info", Cli.MODEL).expect(0).out().contains("parameters   9,900"));
        assertEquals(
                "pt\n", Cli.run("info", Cli.MODEL, "--get", "format").expect(0).out());
        Cli.run("info", Cli.MODEL, "--get", "fromat").expectFailure(2, "did you mean \"format\"");
    }

    @Test
    void controlCharactersDoNotReachTheTerminal(@TempDir Path folder) throws IOException {
        Path file = Safetensors.writer()
                .metadata(EVIL, EVIL)
                .add(TensorSource.of(EVIL, Shape.of(1), 1f))
                .write(folder.resolve("evil.safetensors"))
                .get(0);
        Terminal colours = new Terminal(true, true, 80, false, true);
        for (Cli run : List.of(
                Cli.run(colours, "ls", file),
                Cli.run("ls", file, "--format", "json"),
                Cli.run("ls", file, "--format", "tsv"),
                Cli.run(colours, "info", file),
                Cli.run(colours, "info", file, "--get", EVIL),
                Cli.run(colours, "show", file, EVIL, "--stats"),
                Cli.run(colours, "show", file, EVIL + "x"),
                Cli.run("validate", file),
                Cli.run("hash", file),
                Cli.run(colours, "diff", file, Cli.MODEL))) {
            String all = (run.out() + run.err()).replace("\n", "").replace("\r", "");
            assertFalse(all.isEmpty());
            all.codePoints().forEach(c -> {
                int type = Character.getType(c);
                boolean tab = c == '\t';
                assertFalse(
                        !tab && type == Character.CONTROL || type == Character.FORMAT,
                        () -> Integer.toHexString(c) + " in " + run.out() + run.err());
            });
        }
        assertEquals(
                EVIL,
                Cli.run("ls", file, "--format", "json")
                        .json()
                        .get("tensors")
                        .get(0)
                        .get("name")
                        .asString());
    }

    @Test
    void tablesAreCutOnTerminalsOnly(@TempDir Path folder) throws IOException {
        String name = "n".repeat(200);
        Path file = Safetensors.writer()
                .add(TensorSource.of(name, Shape.of(1), 1f))
                .write(folder.resolve("long.safetensors"))
                .get(0);
        assertTrue(Cli.run("ls", file).expect(0).out().contains(name));
        Cli cut = Cli.run(new Terminal(true, true, 60, false, true), "ls", file).expect(0);
        assertTrue(cut.out().lines().allMatch(line -> line.length() <= 60), cut.out());
        assertTrue(cut.out().contains("…"));
        assertFalse(Cli.run(new Terminal(true, true, 60, false, false), "ls", file)
                .out()
                .contains("…"));
    }

    @Test
    void metadataKeepsItsTypesInJson(@TempDir Path folder) throws IOException {
        Path file = Cli.tiny(folder, "t.safetensors", 1f);
        JsonNode values = Cli.run("show", file, "b", "--format", "json", "--values")
                .expect(0)
                .json();
        assertEquals("18446744073709551615", values.get("values").get(0).toString());
    }
}
