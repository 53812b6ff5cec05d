package dev.modelfile.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever goes wrong is one line and the right exit code.
final class FailureTest {
    @TempDir
    private Path folder;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    @Test
    void whatIsNoModelIsCalledByItsName() throws IOException {
        Cli.run("ls", folder.resolve("none")).expectFailure(2, "none: no such file or directory");
        Cli.run("info", folder).expectFailure(2, "a directory without a model");
        Cli.run("ls", file("lfs.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"))
                .expectFailure(2, "Git LFS pointer", "git lfs pull");
        Cli.run("ls", file("page.safetensors", "<!DOCTYPE html><html></html>")).expectFailure(2, "HTML page");
        Cli.run("ls", file("empty.safetensors", "")).expectFailure(2, "an empty file");
        Cli.run("ls", file("x.bin", "\u0000\u0001 no magic of any format")).expectFailure(2, "not a model file");
    }

    @Test
    void truncatedFilesSayBothNumbers() throws IOException {
        byte[] whole = Files.readAllBytes(Cli.MODEL);
        Path cut = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(whole, 3000));
        for (String verb : List.of("ls", "info", "hash")) {
            Cli.run(verb, cut).expectFailure(2, "cut.safetensors › header", "39608", "1696");
        }
        Cli.run("show", cut, "x").expectFailure(2, "39608");
        Cli.run("diff", cut, Cli.MODEL).expectFailure(2, "39608");
        Cli.run("edit", cut, "--set", "a=b").expectFailure(2, "39608");
        Cli.run("convert", cut, folder.resolve("o.safetensors")).expectFailure(2, "39608");
        Cli.run("split", cut, folder.resolve("o.safetensors")).expectFailure(2, "39608");
        Cli.run("merge", cut, folder.resolve("o.safetensors")).expectFailure(2, "39608");
    }

    @Test
    void debugShowsTheTrace() {
        Cli run = Cli.run("ls", folder, "--debug").expect(2);
        assertTrue(run.err().contains("UnsupportedModelException"), run.err());
    }

    @Test
    void wrongUseIs64() throws IOException {
        Path out = folder.resolve("o.safetensors");
        for (List<Object> args : List.<List<Object>>of(
                List.of(),
                List.of("lss"),
                List.of("ls"),
                List.of("ls", Cli.MODEL, "--nope"),
                List.of("ls", Cli.MODEL, "--format", "xml"),
                List.of("ls", Cli.MODEL, "--as", "nope"),
                List.of("ls", Cli.MODEL, "--limit", "nope=1"),
                List.of("show", Cli.MODEL, "x", "--slice", "a:b"),
                List.of("show", Cli.MODEL, "x", "--bins", "0"),
                List.of("convert", Cli.MODEL, folder.resolve("o.unknown")),
                List.of("convert", Cli.MODEL, out, "--to", "nope"),
                List.of("convert", Cli.MODEL, out, "--type", "F33"),
                List.of("convert", Cli.MODEL, out, "--type", "C128"),
                List.of("convert", Cli.MODEL, out, "--include", "["),
                List.of("convert", Cli.MODEL, out, "--rename", "nothing"),
                List.of("convert", Cli.MODEL, out, "--rename", "s/a/$9/"),
                List.of("convert", Cli.MODEL, out, "--metadata", "nothing"),
                List.of("convert", Cli.MODEL, out, "--metadata", "a=u8:300x"),
                List.of("convert", Cli.MODEL, out, "--max-shard-size", "many"),
                List.of("convert", Cli.MODEL, out, "--align", "3"),
                List.of("convert", Cli.MODEL, out, "--dry-run", "--report", folder.resolve("r.json")),
                List.of("convert", Cli.MODEL, out, "--max-tensors", "0"),
                List.of("split", Cli.MODEL, out, "--max-tensors", "0"),
                List.of("quantize", Cli.MODEL, out, "--type", "Q8_0"),
                List.of("edit", Cli.MODEL),
                List.of("edit", Cli.MODEL, "--restore", "--set", "a=b"),
                List.of("diff", Cli.MODEL, Cli.MODEL, "--atol", "-1"),
                List.of("diff", Cli.MODEL),
                List.of("validate"),
                List.of("scan"),
                List.of("hash"),
                List.of("completion", "fish"))) {
            Cli run = Cli.run(args.toArray()).expect(64);
            assertTrue(run.err().startsWith("modelfile: "), args + run.err());
            assertEquals("", run.out());
        }
        try (var files = Files.list(folder)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Test
    void slipsOfTheFingerAreNoticed() {
        assertTrue(Cli.run("convert", "a", "b", "--tpye", "BF16").err().contains("did you mean '--type'?"));
        assertTrue(Cli.run("convert", "a", "b", "--max-shard-sizes=5GB").err().contains("mean '--max-shard-size'?"));
        assertFalse(Cli.run("convert", "a", "b", "--colour").err().contains("did you mean"));
    }

    @Test
    void aClosedPipeEndsQuietly() {
        assertEquals("", withBrokenOutput("Broken pipe", 141));
        assertTrue(withBrokenOutput("No space left on device", 2).contains("No space left"));
    }

    private static String withBrokenOutput(String message, int expected) {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(message);
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] args = {"ls", Cli.MODEL.toString(), "--format", "json"};
        assertEquals(expected, Main.run(args, broken, err, Terminal.none()));
        assertTrue(err.toString().lines().count() <= 1, err.toString());
        return err.toString();
    }
}
