package dev.modelfile;

/// The file breaks a rule of its format: it is damaged, cut short, or was written wrongly.
public final class MalformedModelException extends ModelFormatException {
    private static final long serialVersionUID = 1L;

    /// Makes an exception for a place in a file.
    ///
    /// @param rule stable identifier of the violated rule
    /// @param source the file
    /// @param where the place inside, empty for the whole file
    /// @param offset absolute offset in bytes, or [ModelFormatException#NO_OFFSET]
    /// @param what what is wrong
    public MalformedModelException(String rule, String source, String where, long offset, String what) {
        super(rule, source, where, offset, what);
    }
}
