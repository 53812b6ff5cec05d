package dev.modelfile.cli;

import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The program `modelfile`.
@Command(
        name = "modelfile",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Reads, checks and converts machine-learning model files.")
public final class Main implements Runnable {

    @Spec
    private CommandSpec spec;

    /// Runs the program and ends the virtual machine with its exit code.
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is needed");
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"modelfile " + Objects.requireNonNullElse(version, "(unpackaged)")};
        }
    }
}
