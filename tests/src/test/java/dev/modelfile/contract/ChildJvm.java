package dev.modelfile.contract;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Another virtual machine, for what must not happen in this one: small heaps, kills, hangs.
public final class ChildJvm {
    private ChildJvm() {}

    /// How a virtual machine ended.
    ///
    /// @param exit its exit code
    /// @param output what it printed, errors included
    public record Result(int exit, String output) {}

    private static List<String> command(List<String> options, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        command.add("-XX:TieredStopAtLevel=1");
        command.addAll(options);
        command.add("-cp");
        command.add(classPath());
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return command;
    }

    private static Process start(Path log, List<String> command) throws IOException {
        return builder(log, command).start();
    }

    private static ProcessBuilder builder(Path log, List<String> command) {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    }

    /// Starts a main class with the class path of this virtual machine.
    ///
    /// @param log takes what it prints
    public static Process start(Path log, List<String> options, Class<?> main, String... arguments) throws IOException {
        return start(log, command(options, main, arguments));
    }

    /// Runs a main class to its end, or kills it when the time is over.
    public static Result run(Duration limit, List<String> options, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        return run(limit, command(options, main, arguments), Path.of(""));
    }

    /// Runs a main class to its end in a folder, so that relative paths are those of files there.
    public static Result runIn(Path folder, Duration limit, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        return run(limit, command(List.of(), main, arguments), folder);
    }

    /// Runs a main class to its end in a shell that has set a limit, as in `ulimit -f 1000`.
    public static Result runLimited(Duration limit, String ulimit, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", ulimit + " && exec \"$@\"", "sh"));
        command.addAll(command(List.of(), main, arguments));
        return run(limit, command, Path.of(""));
    }

    private static Result run(Duration limit, List<String> command, Path folder)
            throws IOException, InterruptedException {
        Path log = Files.createTempFile("child", ".log");
        try {
            Process process = builder(log, command)
                    .directory(folder.toAbsolutePath().toFile())
                    .start();
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("it hung for " + limit + ": " + command + ": " + Files.readString(log));
            }
            return new Result(process.exitValue(), Files.readString(log, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(log);
        }
    }

    /// Surefire may hide the real class path in a manifest; this property has it.
    private static String classPath() {
        String real = System.getProperty("surefire.test.class.path");
        String plain = System.getProperty("java.class.path");
        return real == null ? plain.replace('\n', File.pathSeparatorChar) : real;
    }
}
