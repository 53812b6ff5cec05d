package dev.modelfile.cli.verb;

import dev.modelfile.cli.terminal.Screen;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// What all verbs have in common.
public abstract class Verb implements Callable<Integer> {
    /// Done, and nothing to complain of.
    public static final int OK = 0;
    /// Done, and something was found or differs.
    public static final int FOUND = 1;
    /// It could not be done.
    public static final int FAILED = 2;
    /// There was nothing to look at.
    public static final int NOTHING = 3;
    /// The command line is wrong.
    public static final int USAGE = 64;

    /// Shown in the help of verbs that only succeed or fail.
    static final String EXIT_OK = "0:done";
    /// Shown in the help of all verbs.
    static final String EXIT_FAILED = "2:it failed; one line says why";
    /// Shown in the help of all verbs.
    static final String EXIT_USAGE = "64:the command line is wrong";
    /// The heading of the exit codes in the help.
    static final String EXIT_HEADING = "%nExit codes:%n";

    @Spec
    CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            order = 100,
            description = "Show this help.")
    private boolean help;

    @Option(
            names = {"-q", "--quiet"},
            order = 101,
            description = "No hints and no progress on standard error.")
    private boolean quiet;

    @Option(names = "--debug", order = 102, description = "Show the stack trace of a failure.")
    private boolean debug;

    private final Screen screen;

    /// A verb that prints to a screen.
    Verb(Screen screen) {
        this.screen = screen;
    }

    @Override
    public final Integer call() throws Exception {
        screen.quiet(quiet);
        screen.debug(debug);
        int code = run();
        screen.flush();
        return code;
    }

    /// Does what the verb is for.
    ///
    /// @return the exit code
    /// @throws Exception if it fails; the message is printed
    abstract int run() throws Exception;

    /// Where to print.
    final Screen screen() {
        return screen;
    }
}
