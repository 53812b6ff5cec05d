package dev.modelfile;

/// The file reaches for something that it must not touch, such as a path outside its own folder.
public final class UnsafeModelException extends ModelFormatException {
    private static final long serialVersionUID = 1L;

    /// Makes an exception for a place in a file.
    ///
    /// @param rule stable identifier of the violated rule
    /// @param source the file
    /// @param where the place inside, empty for the whole file
    /// @param offset absolute offset in bytes, or [ModelFormatException#NO_OFFSET]
    /// @param what what is wrong
    public UnsafeModelException(String rule, String source, String where, long offset, String what) {
        super(rule, source, where, offset, what);
    }
}
