package dev.modelfile.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The Python whose packages load what we write: `MODELFILE_PYTHON`, or else `python3`.
public final class Python {
    private static final String LOOK = "import sys, importlib.util as u\n"
            + "print(*[name for name in sys.argv[1:] if u.find_spec(name) is None])";

    private Python() {}

    /// The interpreter.
    public static String interpreter() {
        return System.getenv().getOrDefault("MODELFILE_PYTHON", "python3");
    }

    /// Skips the test unless the interpreter has these packages.
    public static void needs(String... packages) throws IOException, InterruptedException {
        String problem;
        try {
            String missing = run(LOOK, packages).strip();
            problem = missing.isEmpty() ? "" : interpreter() + " lacks " + missing;
        } catch (IOException absent) {
            problem = "there is no " + interpreter();
        }
        assumeTrue(
                problem.isEmpty(),
                problem + "; set MODELFILE_PYTHON to a Python with " + String.join(", ", packages) + " to run this");
    }

    /// Runs a script to its end.
    ///
    /// @return what it printed, errors included
    public static String run(String script, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(interpreter(), "-W", "ignore", "-X", "utf8", "-c", script));
        command.addAll(List.of(arguments));
        Path log = Files.createTempFile("python", ".log");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            if (!process.waitFor(100, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("Python did not end: " + Files.readString(log));
            }
            String output = Files.readString(log, StandardCharsets.UTF_8);
            assertEquals(0, process.exitValue(), output);
            return output;
        } finally {
            Files.delete(log);
        }
    }
}
