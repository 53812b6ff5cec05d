package dev.modelfile.cli.terminal;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// What is known of the place where the output goes.
///
/// @param out whether standard output is a terminal
/// @param err whether standard error is one
/// @param columns its width, used only for what goes to a terminal
/// @param colour whether to print colours to standard output
/// @param unicode whether it can show more than ASCII
public record Terminal(boolean out, boolean err, int columns, boolean colour, boolean unicode) {
    private static final int USUAL_COLUMNS = 80;

    /// No terminal at all, as in a pipe.
    public static Terminal none() {
        return new Terminal(false, false, USUAL_COLUMNS, false, true);
    }

    /// The terminal of this process. The launcher tells what Java cannot find out: `modelfile.tty` holds the numbers of
    /// the streams that are terminals, and COLUMNS the width.
    public static Terminal current(Map<String, String> environment) {
        boolean out = isTerminal("1");
        boolean err = isTerminal("2");
        return new Terminal(out, err, columns(environment), colour(environment, out), isUtf8());
    }

    private static boolean isTerminal(String stream) {
        String told = System.getProperty("modelfile.tty");
        if (told != null) {
            return told.contains(stream);
        }
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd", stream)).startsWith("/dev/pts");
        } catch (IOException | UnsupportedOperationException notLinux) {
            Console console = System.console();
            return console != null && console.isTerminal();
        }
    }

    private static int columns(Map<String, String> environment) {
        try {
            int columns =
                    Integer.parseInt(environment.getOrDefault("COLUMNS", "").strip());
            return columns > 0 ? Math.max(20, columns) : USUAL_COLUMNS;
        } catch (NumberFormatException notSet) {
            return USUAL_COLUMNS;
        }
    }

    /// See no-color.org and bixense.com/clicolors.
    private static boolean colour(Map<String, String> environment, boolean terminal) {
        if (!environment.getOrDefault("NO_COLOR", "").isEmpty()) {
            return false;
        }
        String forced = environment.getOrDefault("CLICOLOR_FORCE", "0");
        if (!forced.isEmpty() && !forced.equals("0")) {
            return true;
        }
        return terminal
                && !environment.getOrDefault("CLICOLOR", "1").equals("0")
                && !environment.getOrDefault("TERM", "").equals("dumb");
    }

    /// Whether the locale is one of UTF-8; "C" and "POSIX" are not.
    private static boolean isUtf8() {
        String name = System.getProperty("stdout.encoding", System.getProperty("native.encoding", "UTF-8"));
        try {
            return Charset.forName(name).equals(StandardCharsets.UTF_8);
        } catch (IllegalArgumentException unknown) {
            return false;
        }
    }
}
