package dev.modelfile.cli.terminal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;

/// Standard output takes no more. Unchecked, because nothing in between can do anything about it.
public final class BrokenOutputException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    BrokenOutputException(IOException cause) {
        super("cannot write to standard output: " + cause.getMessage(), cause);
    }

    /// Whether the reader of a pipe has gone, as `head` does: no error, just the end.
    public boolean isPipe() {
        String message = String.valueOf(getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("broken pipe") || message.contains("pipe is being closed");
    }
}
