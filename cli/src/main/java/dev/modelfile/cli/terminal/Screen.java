package dev.modelfile.cli.terminal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Where a verb prints: data to standard output, everything else to standard error.
public final class Screen {
    private final DataStream out;
    private final OutputStream err;
    private final Terminal terminal;
    private boolean quiet;
    private boolean debug;

    /// A screen over two streams.
    public Screen(OutputStream out, OutputStream err, Terminal terminal) {
        this.out = new DataStream(out);
        this.err = err;
        this.terminal = terminal;
    }

    /// What is known of the terminal.
    public Terminal terminal() {
        return terminal;
    }

    /// Standard output, for bytes that are not text. Its errors are [BrokenOutputException]s.
    public OutputStream out() {
        return out;
    }

    /// Prints a line of data. Text from files must have gone through [#safe].
    public void line(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(bytes, 0, bytes.length);
        out.write('\n');
    }

    /// Prints a line to standard error, unless that is unwanted. Unsafe characters are escaped.
    public void hint(String text) {
        if (!quiet) {
            error(text);
        }
    }

    /// Prints a line to standard error. Unsafe characters are escaped.
    public void error(String text) {
        raw(safe(text) + System.lineSeparator());
    }

    /// Prints to standard error as it is. If that is closed, there is nobody to tell.
    void raw(String text) {
        try {
            err.write(text.getBytes(StandardCharsets.UTF_8));
            err.flush();
        } catch (IOException closed) {
            quiet = true;
        }
    }

    /// The text as this terminal may show it, on one line.
    public String safe(String text) {
        return Printable.of(text, terminal.unicode());
    }

    /// The text in a style, if there are colours.
    public String style(Style style, String text) {
        return terminal.colour() ? style.apply(text) : text;
    }

    /// Writes out what is buffered.
    public void flush() {
        out.flush();
    }

    /// Whether hints and progress are unwanted.
    public boolean quiet() {
        return quiet;
    }

    /// Sets whether hints and progress are unwanted.
    public void quiet(boolean value) {
        quiet = value;
    }

    /// Whether failures show their stack trace.
    public boolean debug() {
        return debug;
    }

    /// Sets whether failures show their stack trace.
    public void debug(boolean value) {
        debug = value;
    }
}
