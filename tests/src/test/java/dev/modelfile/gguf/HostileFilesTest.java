package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Thousands of damaged files, read with 64 MiB of heap: every one is read or refused, none breaks the reader.
class HostileFilesTest {
    @TempDir
    Path folder;

    @Test
    void damagedFilesAreReadOrRefused() throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                HostileFiles.class.getName(),
                folder.resolve("damaged.gguf").toString(),
                "600"));
        for (String name : List.of("pairs", "pairs-big-endian", "alignment", "tensor-types", "nested", "vocab")) {
            command.add(Fixtures.path(name + ".gguf").toString());
        }
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.strip().matches("survived [1-9]\\d*"), output);
    }
}
