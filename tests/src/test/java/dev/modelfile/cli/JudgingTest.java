package dev.modelfile.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.DType;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The verbs that judge and compare, and their exit codes.
final class JudgingTest {
    @TempDir
    private Path folder;

    private Path cut() throws IOException {
        return Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(Files.readAllBytes(Cli.MODEL), 3000));
    }

    /// A truth value of 2 is a warning.
    private Path odd() throws IOException {
        Path file = folder.resolve("odd.safetensors");
        if (Files.exists(file)) {
            return file;
        }
        return Safetensors.writer()
                .add(TensorSource.deferred(
                        "b",
                        ScalarType.BOOL,
                        Shape.of(1),
                        sink -> sink.write(java.lang.foreign.MemorySegment.ofArray(new byte[] {2}))))
                .write(file)
                .get(0);
    }

    @Test
    void validates() throws IOException {
        Path none = folder.resolve("none");
        Cli.run("validate", Cli.MODEL, Cli.SHARDED).expect(0);
        assertTrue(Cli.run("validate", odd()).expect(1).out().contains("warnings safetensors"));
        assertTrue(Cli.run("validate", cut(), Cli.MODEL).expect(1).out().contains("invalid safetensors"));
        assertTrue(Cli.run("validate", none, cut()).expect(2).err().contains("no such file"));
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Cli.run("validate", empty).expect(3);
        Cli.run("validate", empty, Cli.MODEL).expect(0);
        JsonNode results =
                Cli.run("validate", cut(), "--format", "json").expect(1).json();
        JsonNode finding = results.get("results").get(0).get("findings").get(0);
        assertEquals("error", finding.get("severity").asString());
        assertTrue(finding.get("offset").isNull());
    }

    @Test
    void strictValidationMindsRemarks() throws IOException {
        Path file = Safetensors.writer()
                .add(TensorSource.of("../x", Shape.of(1), 1f))
                .write(folder.resolve("i.safetensors"))
                .get(0);
        Cli.run("validate", file).expect(0);
        Cli.run("validate", file, "--strict").expect(1);
    }

    @Test
    void scans() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path none = folder.resolve("none");
        Cli.run("scan", Cli.SHARDED).expect(0);
        Cli.run("scan", empty).expect(3);
        Cli.run("scan", none).expect(2);
        Cli.run("scan", cut()).expect(2);
        Cli.run("scan", odd()).expect(1);
        Cli.run("scan", odd(), cut()).expect(1);
        Cli.run("scan", odd(), "--fail-on", "dangerous").expect(0);
        JsonNode results =
                Cli.run("scan", folder, "--format", "json").expect(1).json().get("results");
        assertEquals("failed", results.get(0).get("verdict").asString());
        assertEquals("suspicious", results.get(1).get("verdict").asString());
        assertEquals(
                "warning", results.get(1).get("findings").get(0).get("severity").asString());
    }

    @Test
    void scansToSarif() throws IOException {
        JsonNode sarif = JsonMapper.shared()
                .readTree(Cli.run("scan", odd(), "--format", "sarif").expect(1).bytes());
        assertEquals("2.1.0", sarif.get("version").asString());
        JsonNode run = sarif.get("runs").get(0);
        JsonNode result = run.get("results").get(0);
        assertEquals("warning", result.get("level").asString());
        assertEquals(
                result.get("ruleId").asString(),
                run.get("tool").get("driver").get("rules").get(0).get("id").asString());
        JsonNode place = result.get("locations").get(0).get("physicalLocation");
        assertTrue(place.get("artifactLocation").get("uri").asString().startsWith("file:///"));
        assertTrue(place.get("region").get("byteOffset").asLong() > 8);
    }

    @Test
    void comparesValues() throws IOException {
        Path a = Cli.tiny(folder, "a.safetensors", 1f, 2f, Float.NaN, -0f);
        Path b = Cli.tiny(folder, "b.safetensors", 1f, 2.5f, Float.NaN, 0f);
        Cli.run("diff", a, a).expect(0);
        Cli.run("diff", a, b, "--atol", "0.5").expect(0);
        Cli.run("diff", a, b, "--names-only").expect(0);
        Cli.run("diff", a, b, "--metadata-only").expect(0);
        JsonNode diff = Cli.run("diff", a, b, "--format", "json").expect(1).json();
        JsonNode change = diff.get("tensors").get(0);
        assertEquals("a", change.get("name").asString());
        assertEquals(1, change.get("values").get("different").asInt());
        assertEquals(0.5, change.get("values").get("maxAbs").asDouble());
        assertEquals(0.25, change.get("values").get("rms").asDouble(), 1e-15);
        assertEquals(1, diff.get("same").asInt());
        Cli.run("diff", a, folder.resolve("none")).expectFailure(2, "no such file");
    }

    @Test
    void comparesTypesNamesShapesAndMetadata() throws IOException {
        Path a = Cli.tiny(folder, "a.safetensors", 1f, 2f);
        Path b = folder.resolve("b.safetensors");
        Cli.run("convert", a, b, "--type", "BF16", "--metadata", "k=v", "--rename", "^b$=c")
                .expect(0);
        Cli run = Cli.run("diff", a, b).expect(1);
        assertEquals("""
                + metadata k  v
                - b  U64 [2]
                ~ a  F32 → BF16 [2]  same values
                + c  U64 [2]
                different: 0 tensors the same, 1 changed, 1 added, 1 removed; 1 metadata key different
                """, run.out());
        Path f = folder.resolve("f.safetensors");
        Cli.run("convert", a, f, "--type", "BF16").expect(0);
        Cli.run("diff", a, f).expect(1);
        Cli.run("diff", a, f, "--ignore-dtype").expect(0);
        Path longer = Cli.tiny(folder, "l.safetensors", 1f, 2f, 3f);
        assertTrue(Cli.run("diff", a, longer).expect(1).out().contains("[2] → [3]"));
    }

    @Test
    void hashesAndChecks() throws IOException {
        Cli one = Cli.run("hash", Cli.MODEL).expect(0);
        Path manifest = Files.write(folder.resolve("manifest"), one.bytes());
        Cli.run("hash", Cli.SHARDED, "--check", manifest).expect(0);
        Path other = folder.resolve("o.safetensors");
        Cli.run("convert", Cli.MODEL, other, "--rename", "^fc2.bias$=new", "--type", "fc1.bias=F16")
                .expect(0);
        String told = Cli.run("hash", other, "--check", manifest).expect(1).out();
        assertTrue(told.contains("differs  fc1.bias"), told);
        assertTrue(told.contains("missing  fc2.bias"), told);
        assertTrue(told.contains("unexpected  new"), told);
        Cli.run("hash", Cli.MODEL, "--check", Cli.MODEL).expectFailure(2, "not a manifest");
        Cli.run("hash", Cli.MODEL, "--check", folder.resolve("none")).expectFailure(2, "no such file");
        Path names = Path.of("src/test/resources/fixtures/safetensors/names.safetensors");
        Path odd = Files.write(
                folder.resolve("odd"), Cli.run("hash", names).expect(0).bytes());
        Cli.run("hash", names, "--check", odd).expect(0);
    }

    @Test
    void showsStatisticsAndValues() throws IOException {
        Path a = Cli.tiny(folder, "a.safetensors", 3f, -4f, 0f, Float.NaN, Float.POSITIVE_INFINITY);
        JsonNode shown = Cli.run("show", a, "a", "--stats", "--histogram", "--bins", "7", "--format", "json")
                .expect(0)
                .json();
        JsonNode stats = shown.get("stats");
        assertEquals(5, stats.get("count").asInt());
        assertEquals(-4, stats.get("min").asDouble());
        assertEquals(3, stats.get("max").asDouble());
        assertEquals(-1 / 3.0, stats.get("mean").asDouble(), 1e-15);
        assertEquals(5, stats.get("l2").asDouble(), 1e-15);
        assertEquals(4, stats.get("absmax").asDouble());
        assertEquals(Math.sqrt(25 / 3.0 - 1 / 9.0), stats.get("std").asDouble(), 1e-15);
        assertEquals(1, stats.get("zeros").asInt());
        assertEquals(1, stats.get("nan").asInt());
        assertEquals(1, stats.get("inf").asInt());
        assertEquals("[1,0,0,0,1,0,1]", shown.get("histogram").get("counts").toString());
        assertTrue(
                Cli.run("show", a, "a").out().endsWith("[ 3. -4.  0. nan inf]\n"),
                Cli.run("show", a, "a").out());
        assertTrue(Cli.run("show", a, "b", "--stats").out().contains("max    18446744073709551615"));
        Cli.run("show", a, "c").expectFailure(2, "no tensor \"c\"");
        Cli.run("show", a, "a", "--slice", "9").expectFailure(2, "out of bounds");
    }

    @Test
    void largeArraysAreElided() throws IOException {
        DType type = ScalarType.I32;
        Path file = Safetensors.writer()
                .add(TensorSource.deferred(
                        "z",
                        type,
                        Shape.of(100, 200),
                        sink -> sink.write(java.lang.foreign.MemorySegment.ofArray(new byte[80_000]))))
                .write(folder.resolve("z.safetensors"))
                .get(0);
        String text = Cli.run("show", file, "z").expect(0).out();
        assertEquals(8, text.lines().count(), text);
        assertTrue(text.contains("[[0 0 0 … 0 0 0]"), text);
    }

    @Test
    void helpsAndTellsAboutItself() {
        assertTrue(Cli.run("--help").expect(0).out().contains("validate"));
        assertTrue(Cli.run("--version").expect(0).out().startsWith("modelfile "));
        assertTrue(Cli.run("scan", "--help").expect(0).out().contains("Exit codes"));
        assertTrue(Cli.run("completion", "bash").expect(0).out().contains("complete -F"));
        assertTrue(Cli.run("completion", "zsh").expect(0).out().contains("bashcompinit"));
        JsonNode doctor = Cli.run("doctor", "--format", "json").expect(0).json();
        assertTrue(doctor.get("formats").asString().contains("safetensors"));
    }
}
