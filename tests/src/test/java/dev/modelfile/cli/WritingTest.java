package dev.modelfile.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The verbs that write.
final class WritingTest {
    @TempDir
    private Path folder;

    private List<String> files() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void convertsAndRefusesToOverwrite() throws IOException {
        Path out = folder.resolve("out.safetensors");
        Cli first = Cli.run("convert", Cli.SHARDED, out).expect(0);
        assertTrue(first.out().startsWith("wrote " + out), first.out());
        assertTrue(first.out().contains("safetensors, 18 tensors"), first.out());
        Cli.run("diff", Cli.SHARDED, out).expect(0);
        byte[] before = Files.readAllBytes(out);
        Cli.run("convert", Cli.SHARDED, out, "--type", "BF16").expectFailure(2, "exists already", "--force");
        assertArrayEquals(before, Files.readAllBytes(out));
        Cli.run("convert", Cli.SHARDED, out, "--type", "BF16", "--force").expect(0);
        assertTrue(Files.size(out) < before.length);
        Cli.run("convert", out, out, "--type", "BF16=F32", "--force").expect(0);
        assertEquals(before.length, Files.size(out));
        assertEquals(List.of("out.safetensors"), files());
        Cli.run("convert", Cli.MODEL, folder, "--to", "safetensors").expectFailure(2, "is a folder");
    }

    @Test
    void dryRunsWriteNothing() throws IOException {
        Path model = Cli.tiny(folder, "m.safetensors", 1f, 2f);
        byte[] before = Files.readAllBytes(model);
        Path out = folder.resolve("out.safetensors");
        JsonNode plan = Cli.run("convert", model, out, "--dry-run", "--format", "json")
                .expect(0)
                .json();
        assertTrue(plan.get("dryRun").asBoolean());
        assertEquals(out.toString(), plan.get("files").get(0).get("path").asString());
        Cli.run("split", model, out, "--max-tensors", "1", "--dry-run").expect(0);
        Cli.run("merge", model, out, "--dry-run").expect(0);
        Cli.run("edit", model, "--set", "a=b", "--rename-tensor", "a=z", "--dry-run")
                .expect(0);
        Cli.run("edit", Cli.SHARDED, "--set", "a=b", "--dry-run").expectFailure(2, "not edited together");
        Cli.run("convert", Cli.MODEL, model, "--dry-run").expectFailure(2, "exists already");
        assertEquals(List.of("m.safetensors"), files());
        assertArrayEquals(before, Files.readAllBytes(model));
    }

    @Test
    void rulesChooseTypesNamesAndTensors() throws IOException {
        Path out = folder.resolve("out.safetensors");
        Path report = folder.resolve("report.json");
        Cli run = Cli.run(
                        "convert",
                        Cli.MODEL,
                        out,
                        "--type",
                        "bn.*=F64",
                        "--type",
                        "*.bias=F16",
                        "--type",
                        "BF16",
                        "--exclude",
                        "num_batches",
                        "--rename",
                        "s/^(conv|fc)(\\d)/layers.\\1.$2/",
                        "--rename",
                        "weight$=w",
                        "--metadata",
                        "author=me=you",
                        "--metadata",
                        "n=u32:5",
                        "--remove-metadata",
                        "format",
                        "--report",
                        report)
                .expect(0);
        assertTrue(run.out().contains("2 left out"), run.out());
        try (ModelFile model = ModelFile.open(out)) {
            assertEquals("5", model.metadata().getString("n"));
            assertEquals("{\"n\": \"u32\"}", model.metadata().getString("modelfile.types"));
            assertEquals(ScalarType.F64, model.tensor("bn1.bias").dtype());
            assertEquals(ScalarType.F16, model.tensor("layers.conv.1.bias").dtype());
            assertEquals(ScalarType.BF16, model.tensor("layers.fc.1.w").dtype());
            assertEquals("me=you", model.metadata().getString("author"));
            assertEquals(3, model.metadata().size());
            assertEquals(16, model.tensors().size());
        }
        assertTrue(Files.readString(report).contains("\"dropped\":[]"));
        Cli.run("convert", Cli.MODEL, folder.resolve("o2.safetensors"), "--report", report)
                .expectFailure(2, "report.json: exists already");
        Cli.run("convert", Cli.MODEL, folder.resolve("o2.safetensors"), "--rename", ".*=x")
                .expectFailure(2, "\"x\"");
        assertEquals(List.of("out.safetensors", "report.json"), files());
    }

    /// What the message says is pasted behind the command.
    @Test
    void namesTheOptionsThatMakeTensorsFit() throws IOException {
        Path model = folder.resolve("m.safetensors");
        String name = "model.it's[0]." + "long.".repeat(12) + "w";
        Safetensors.writer()
                .add(zeros(name, ScalarType.F32, Shape.of(2)))
                .add(zeros("deep", ScalarType.F32, Shape.of(1, 2, 1, 2, 1)))
                .add(zeros("small", ScalarType.F8_E4M3, Shape.of(4)))
                .add(zeros("far", ScalarType.U64, Shape.of(1)))
                .add(zeros("both", ScalarType.C64, Shape.of(1)))
                .write(model);
        Path out = folder.resolve("m.gguf");
        Cli.run("convert", model, out)
                .expectFailure(
                        2,
                        "\"both\" (C64 [1])",
                        "convert with --type 'F8_E4M3=BF16' --type 'U64=I64' and --exclude '^both$'",
                        "[1, 2, 1, 2, 1]; convert with --fit, which joins dimensions, or --exclude '^deep$'",
                        "--rename 's/^model\\.//', or --exclude '^model\\.it'\\''s\\[0\\]\\.long");
        Cli.run("convert", model, out, "--type", "F8_E4M3=BF16", "--type", "U64=I64", "--exclude", "^both$", "--fit")
                .expect(0);
        Cli.run(
                        "convert",
                        model,
                        out,
                        "--exclude",
                        "^model\\.it's\\[0\\]\\.",
                        "--exclude",
                        "both|deep|far|small",
                        "--force")
                .expect(0);
        Path checkpoint = folder.resolve("m.pt");
        Cli.run("convert", model, folder.resolve("q.gguf"), "--include", "deep", "--fit", "--type", "Q8_0")
                .expectFailure(
                        2, "\"deep\" (Q8_0 [2, 1, 2, 1])", "convert with --type 'deep=F16', or --exclude '^deep$'");
        Cli.run("merge", model, checkpoint).expect(0);
        Cli.run("merge", checkpoint, folder.resolve("n.gguf")).expectFailure(2, "convert with --type 'F8_E4M3=BF16'");
    }

    private static TensorSource zeros(String name, ScalarType type, Shape shape) {
        return TensorSource.of(
                name, type, shape, MemorySegment.ofArray(new byte[Math.toIntExact(type.byteSize(shape))]));
    }

    @Test
    void typesAreChosenByWildcards() throws IOException {
        Path model = folder.resolve("m.safetensors");
        Safetensors.writer()
                .add(zeros("a", ScalarType.F8_E4M3, Shape.of(4)))
                .add(zeros("b", ScalarType.F8_E5M2, Shape.of(4)))
                .add(zeros("c", ScalarType.F32, Shape.of(4)))
                .write(model);
        Path out = folder.resolve("m.gguf");
        Cli.run("convert", model, out, "--type", "F8_*=BF16").expect(0);
        try (ModelFile converted = ModelFile.open(out)) {
            assertEquals(ScalarType.BF16, converted.tensor("a").dtype());
            assertEquals(ScalarType.BF16, converted.tensor("b").dtype());
            assertEquals(ScalarType.F32, converted.tensor("c").dtype());
        }
    }

    @Test
    void tellsWhatHadNoEffect() throws IOException {
        Path model = Cli.tiny(folder, "m.safetensors", 1f);
        Path out = folder.resolve("o.safetensors");
        Cli run = Cli.run("convert", model, out, "--rename", "zzz=y", "--type", "x.*=F16", "--exclude", "zz")
                .expect(0);
        assertTrue(run.err().contains("--rename 'zzz=y' has changed no name"), run.err());
        assertTrue(run.err().contains("--type 'x.*=F16' has decided for no tensor"), run.err());
        assertTrue(run.err().contains("--exclude 'zz' is found in no tensor's name"), run.err());
        Cli none = Cli.run("convert", model, out, "--rename", "a=y", "--exclude", ".", "--force")
                .expect(0);
        assertTrue(none.err().contains("no tensor is left"), none.err());
        Cli some = Cli.run("convert", model, out, "--rename", "a=y", "--force").expect(0);
        assertEquals("", some.err());
    }

    @Test
    void metadataIsRemovedByPatterns() throws IOException {
        Path out = folder.resolve("o.safetensors");
        Cli.run("convert", Cli.MODEL, out, "--metadata", "run.a=1", "--metadata", "run.b=2", "--metadata", "runner=3")
                .expect(0);
        Path rest = folder.resolve("p.safetensors");
        Cli.run("convert", out, rest, "--remove-metadata", "run\\..*").expect(0);
        try (ModelFile model = ModelFile.open(rest)) {
            assertEquals("[format, runner]", model.metadata().keys().toString());
        }
        Cli.run("convert", out, rest, "--force", "--remove-metadata", "runer").expectFailure(2, "mean \"runner\"");
    }

    /// Errors name the tensor, key or option that they are about.
    @Test
    void refusalsNameWhatTheyAreAbout() throws IOException {
        Path model = folder.resolve("m.safetensors");
        Safetensors.writer()
                .add(zeros("wave", ScalarType.C64, Shape.of(2)))
                .add(zeros("mask", ScalarType.BOOL, Shape.of(2)))
                .add(zeros("on", ScalarType.BOOL, Shape.of(1)))
                .write(model);
        Path out = folder.resolve("out.gguf");
        Cli.run("convert", model, out, "--type", "wave=F32").expectFailure(2, "\"wave\"", "imaginary");
        Cli.run("quantize", model, out, "--type", "Q8_0")
                .expectFailure(2, "3 tensors", "\"wave\"", "\"mask\"", "\"on\"", "--type 'BOOL=I8'", "--exclude");
        Cli.run("split", model, folder.resolve("s.safetensors"), "--max-shard-size", "0")
                .expectFailure(64, "--max-shard-size");
        Cli.run("split", model, folder.resolve("s.safetensors"), "--max-tensors", "0")
                .expectFailure(64, "--max-tensors");
        assertEquals(List.of("m.safetensors"), files());
    }

    @Test
    void splitsAndMerges() throws IOException {
        Cli.run("split", Cli.MODEL, folder.resolve("s.safetensors"), "--max-tensors", "2")
                .expect(0);
        // Two tensors to a file: eighteen make nine shards, and there is the index.
        assertEquals(10, files().size());
        Path merged = folder.resolve("merged.safetensors");
        Cli.run("merge", folder.resolve("s.safetensors.index.json"), merged).expect(0);
        assertArrayEquals(Files.readAllBytes(Cli.MODEL), Files.readAllBytes(merged));
        Cli.run("split", Cli.MODEL, folder.resolve("s.safetensors"), "--max-tensors", "2")
                .expectFailure(2, "exists already");
    }

    @Test
    void editsInPlaceAndSaysSo() throws IOException {
        Path model = folder.resolve("m.safetensors");
        Cli.run("convert", Cli.MODEL, model, "--reserve-header", "4k").expect(0);
        long size = Files.size(model);
        Cli edit = Cli.run(
                        "edit",
                        model,
                        "--set",
                        "author=someone",
                        "--rename-key",
                        "format=kind",
                        "--rename-tensor",
                        "fc2.bias=out.bias")
                .expect(0);
        assertTrue(edit.out().contains("in place"), edit.out());
        assertTrue(edit.out().contains("author: (none) → someone"), edit.out());
        assertEquals(size, Files.size(model));
        String big = "x".repeat(8000);
        assertTrue(Cli.run("edit", model, "--set", "big=" + big).expect(0).out().contains("anew"));
        assertEquals(big + "\n", Cli.run("info", model, "--get", "big").out());
        assertEquals("pt\n", Cli.run("info", model, "--get", "kind").out());
        Cli.run("show", model, "out.bias").expect(0);
        Cli.run("edit", model, "--remove", "nope").expectFailure(2, "nope");
        Cli.run("edit", model, "--set", "n=u32:5").expectFailure(2, "n");
        Cli.run("edit", model, "--restore").expectFailure(2, "no header of an interrupted edit");
        assertEquals(List.of("m.safetensors"), files());
    }

    @Test
    void restoresAnInterruptedEdit() throws IOException {
        Path model = Cli.tiny(folder, "m.safetensors", 1f);
        byte[] whole = Files.readAllBytes(model);
        long header = java.nio.ByteBuffer.wrap(whole)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .getLong(0);
        Files.write(folder.resolve(".m.safetensors.header-backup"), java.util.Arrays.copyOf(whole, 8 + (int) header));
        byte[] broken = whole.clone();
        java.util.Arrays.fill(broken, 9, 40, (byte) 'x');
        Files.write(model, broken);
        Cli.run("ls", model).expectFailure(2, "edit --restore");
        Cli.run("edit", model, "--restore").expect(0);
        assertArrayEquals(whole, Files.readAllBytes(model));
        assertEquals(List.of("m.safetensors"), files());
    }

    @Test
    void exportsArrays() throws IOException {
        Path model = Cli.tiny(folder, "m.safetensors", 1f, 2f, 3f, 4f);
        byte[] npy = Cli.run("show", model, "a", "--slice", "::2", "--npy", "-")
                .expect(0)
                .bytes();
        assertEquals(128 + 8, npy.length);
        String head = new String(npy, 0, 128, java.nio.charset.StandardCharsets.ISO_8859_1);
        assertTrue(head.startsWith("\u0093NUMPY\u0001\u0000\u0076\u0000{'descr': '<f4'"), head);
        assertTrue(head.contains("'shape': (2,), }") && head.endsWith("\n"), head);
        Path raw = folder.resolve("a.bin");
        Cli.run("show", model, "a", "--raw", raw).expect(0);
        assertEquals(16, Files.size(raw));
        Cli.run("show", model, "a", "--raw", raw).expectFailure(2, "exists already");
        assertFalse(files().stream().anyMatch(name -> name.endsWith(".tmp")));
    }
}
