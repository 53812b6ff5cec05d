package dev.modelfile.cli;

import dev.modelfile.cli.option.Converters;
import dev.modelfile.cli.option.GraphOptions;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.BrokenOutputException;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Terminal;
import dev.modelfile.cli.verb.Completion;
import dev.modelfile.cli.verb.Convert;
import dev.modelfile.cli.verb.Diff;
import dev.modelfile.cli.verb.Doctor;
import dev.modelfile.cli.verb.Edit;
import dev.modelfile.cli.verb.Hash;
import dev.modelfile.cli.verb.Info;
import dev.modelfile.cli.verb.Ls;
import dev.modelfile.cli.verb.Merge;
import dev.modelfile.cli.verb.Quantize;
import dev.modelfile.cli.verb.Scan;
import dev.modelfile.cli.verb.Show;
import dev.modelfile.cli.verb.Split;
import dev.modelfile.cli.verb.Validate;
import dev.modelfile.cli.verb.Verb;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The program `modelfile`.
@Command(
        name = "modelfile",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "VERB",
        description = "Reads, checks, converts and compares machine-learning model files.",
        footer = {"", "'modelfile VERB --help' says more about a verb."})
public final class Main implements Runnable {
    /// As a shell reports a program that a closed pipe has ended.
    private static final int BROKEN_PIPE = 141;

    @Spec
    private CommandSpec spec;

    private Main() {}

    /// Runs the program and ends the virtual machine with its exit code.
    public static void main(String[] args) {
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        OutputStream err = new FileOutputStream(FileDescriptor.err);
        System.exit(run(args, out, err, Terminal.current(System.getenv())));
    }

    /// Runs the program.
    ///
    /// @param out takes the data
    /// @param err takes everything else
    /// @return the exit code
    public static int run(String[] args, OutputStream out, OutputStream err, Terminal terminal) {
        Screen screen = new Screen(out, err, terminal);
        try {
            int code = commandLine(args, screen).execute(args);
            screen.flush();
            return code;
        } catch (Throwable failure) {
            return fail(failure, screen);
        }
    }

    /// Only the verb that is asked for is made ready, which is most of the time that a short command takes.
    private static CommandLine commandLine(String[] args, Screen screen) {
        Map<String, Function<Screen, Verb>> verbs = verbs();
        CommandLine root = new CommandLine(new Main());
        boolean one = args.length > 0 && verbs.containsKey(args[0]) && !args[0].equals("completion");
        verbs.forEach((name, verb) -> {
            if (!one || name.equals(args[0])) {
                root.addSubcommand(name, verb.apply(screen));
            }
        });
        root.setOut(new PrintWriter(screen.out(), false, StandardCharsets.UTF_8));
        root.setErr(root.getOut());
        Converters.register(root);
        Converters.constants(root, Scan.FailOn.class);
        Converters.constants(root, Completion.Shell.class);
        Converters.constants(root, Convert.Order.class);
        Converters.constants(root, GraphOptions.Place.class);
        root.setOverwrittenOptionsAllowed(false);
        root.setUsageHelpWidth(Math.clamp(screen.terminal().columns(), 60, 120));
        root.setColorScheme(
                CommandLine.Help.defaultColorScheme(screen.terminal().colour() ? Ansi.ON : Ansi.OFF));
        root.setParameterExceptionHandler((problem, arguments) -> wrongUse(problem, screen));
        root.setExecutionExceptionHandler((problem, command, result) -> fail(problem, screen));
        return root;
    }

    private static Map<String, Function<Screen, Verb>> verbs() {
        Map<String, Function<Screen, Verb>> verbs = new LinkedHashMap<>();
        verbs.put("info", Info::new);
        verbs.put("ls", Ls::new);
        verbs.put("show", Show::new);
        verbs.put("convert", Convert::new);
        verbs.put("quantize", Quantize::new);
        verbs.put("split", Split::new);
        verbs.put("merge", Merge::new);
        verbs.put("edit", Edit::new);
        verbs.put("validate", Validate::new);
        verbs.put("scan", Scan::new);
        verbs.put("hash", Hash::new);
        verbs.put("diff", Diff::new);
        verbs.put("doctor", Doctor::new);
        verbs.put("completion", Completion::new);
        return verbs;
    }

    private static int wrongUse(ParameterException problem, Screen screen) {
        screen.error("modelfile: " + problem.getMessage() + UnknownOption.hint(problem));
        StringWriter suggestions = new StringWriter();
        CommandLine.UnmatchedArgumentException.printSuggestions(problem, new PrintWriter(suggestions));
        suggestions.toString().lines().forEach(screen::error);
        screen.error("'" + problem.getCommandLine().getCommandSpec().qualifiedName() + " --help' says more.");
        return Verb.USAGE;
    }

    private static int fail(Throwable failure, Screen screen) {
        if (failure instanceof BrokenOutputException broken) {
            if (broken.isPipe()) {
                return BROKEN_PIPE;
            }
            screen.error("modelfile: " + broken.getMessage());
            return Verb.FAILED;
        }
        screen.error("modelfile: " + Failures.message(failure));
        if (screen.debug()) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            trace.toString().lines().forEach(screen::error);
        }
        try {
            screen.flush();
        } catch (BrokenOutputException closed) {
            // The failure is told already.
        }
        return failure instanceof UsageException ? Verb.USAGE : Verb.FAILED;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a verb is needed, such as 'ls MODEL'");
    }
}
