package dev.modelfile.bench;

import dev.modelfile.contract.Python;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// A Python program that stands by and does one piece of work whenever it is asked, so that its start does not count.
/// The interpreter is that of [Python].
final class PythonPeer implements AutoCloseable {
    private static final String LOOP = """
            import sys
            %s
            for line in sys.stdin:
                for _ in range(int(line)):
                    work()
                print("done", flush=True)
            """;

    private final Path script;
    private final Process process;
    private final PrintWriter requests;
    private final BufferedReader answers;

    /// Starts the program.
    ///
    /// @param work Python source that defines `work()`
    PythonPeer(String work) throws IOException {
        script = Files.createTempFile("peer", ".py");
        Files.writeString(script, LOOP.formatted(work));
        process = new ProcessBuilder(Python.interpreter(), script.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        requests = new PrintWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII), true);
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    }

    /// Has the work done `times` times.
    ///
    /// @throws IllegalStateException if the program has ended, for instance because a package is missing
    void work(int times) throws IOException {
        requests.println(times);
        if (!"done".equals(answers.readLine())) {
            throw new IllegalStateException(
                    "the Python peer gave up; is MODELFILE_PYTHON set to one with the packages?");
        }
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        Files.deleteIfExists(script);
    }
}
