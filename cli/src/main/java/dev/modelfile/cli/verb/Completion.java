package dev.modelfile.cli.verb;

import dev.modelfile.cli.terminal.Screen;
import java.util.Locale;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// Prints a completion script.
@Command(
        name = "completion",
        description = {
            "Print a script that completes verbs and options.",
            "For bash: source <(modelfile completion bash); for zsh the same after 'autoload -U +X bashcompinit &&"
                    + " bashcompinit'."
        },
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_USAGE})
public final class Completion extends Verb {
    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
    private Shell shell;

    /// The verb.
    public Completion(Screen screen) {
        super(screen);
    }

    /// The shells that the script works in; it is the same one.
    public enum Shell {
        /// GNU bash.
        BASH,
        /// zsh with bashcompinit.
        ZSH;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    int run() {
        if (shell == Shell.ZSH) {
            screen().line("autoload -U +X compinit && compinit");
            screen().line("autoload -U +X bashcompinit && bashcompinit");
        }
        screen().line(AutoComplete.bash("modelfile", spec.root().commandLine()).stripTrailing());
        return OK;
    }
}
