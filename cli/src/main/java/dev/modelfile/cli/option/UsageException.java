package dev.modelfile.cli.option;

/// An argument on the command line is wrong, not a file.
public final class UsageException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /// With what is wrong.
    public UsageException(String message) {
        super(message);
    }

    /// With what is wrong, and what noticed it.
    public UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
