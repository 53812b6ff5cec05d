package dev.modelfile;

/// The file is not of a known format, or uses a part of its format that cannot be read.
public final class UnsupportedModelException extends ModelFormatException {
    private static final long serialVersionUID = 1L;

    /// Makes an exception for a place in a file.
    ///
    /// @param rule stable identifier of the violated rule
    /// @param source the file
    /// @param where the place inside, empty for the whole file
    /// @param offset absolute offset in bytes, or [ModelFormatException#NO_OFFSET]
    /// @param what what is wrong
    public UnsupportedModelException(String rule, String source, String where, long offset, String what) {
        super(rule, source, where, offset, what);
    }
}
