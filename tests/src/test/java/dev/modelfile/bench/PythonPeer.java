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
import org.jspecify.annotations.Nullable;

/// A Python program that stands by and does one piece of work whenever it is asked, so that its start does not count.
/// It starts when it is first asked. The interpreter is that of [Python].
final class PythonPeer implements AutoCloseable {
    private static final String LOOP = """
            import sys, time
            %s
            for line in sys.stdin:
                start = time.process_time_ns()
                for _ in range(int(line)):
                    work()
                print(time.process_time_ns() - start, flush=True)
            """;

    private final String work;
    private @Nullable Running running;

    /// A program that runs.
    private record Running(Path script, Process process, PrintWriter requests, BufferedReader answers) {
        static Running start(String work) throws IOException {
            Path script = Files.createTempFile("peer", ".py");
            Files.writeString(script, LOOP.formatted(work));
            Process process = new ProcessBuilder(Python.interpreter(), script.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            return new Running(
                    script,
                    process,
                    new PrintWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII), true),
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII)));
        }
    }

    /// @param work Python source that defines `work()`
    PythonPeer(String work) {
        this.work = work;
    }

    /// Has the work done `times` times.
    ///
    /// @return the processor time that it took, in nanoseconds
    /// @throws IllegalStateException if the program has ended, for instance because a package is missing
    long work(int times) throws IOException {
        if (running == null) {
            running = Running.start(work);
        }
        running.requests().println(times);
        String answer = running.answers().readLine();
        if (answer == null) {
            throw new IllegalStateException(
                    "the Python peer gave up; is MODELFILE_PYTHON set to one with the packages?");
        }
        return Long.parseLong(answer);
    }

    @Override
    public void close() throws IOException {
        if (running != null) {
            running.process().destroy();
            Files.deleteIfExists(running.script());
        }
    }
}
