package dev.modelfile.cli;

import dev.modelfile.cli.terminal.Terminal;
import java.io.OutputStream;

/// Runs command lines one after another and says nothing, so that Java learns which classes they need. The launcher has
/// it do so when it makes the AOT cache, which is of a single process.
final class Rehearsal {
    private Rehearsal() {}

    /// @param lines command lines, whose words have single blanks between them
    public static void main(String[] lines) {
        Terminal terminal = Terminal.current(System.getenv());
        for (String line : lines) {
            Main.run(line.split(" "), OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), terminal);
        }
        // As the program does; the classes for that are among those to learn.
        System.exit(0);
    }
}
