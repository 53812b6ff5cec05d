package dev.modelfile;

/// The file asks for more than [ReadLimits] allows; the message names the limit to raise.
public final class LimitExceededException extends ModelFormatException {
    private static final long serialVersionUID = 1L;

    private final String limit;

    /// Makes an exception for a place in a file.
    ///
    /// @param limit name of the exceeded component of [ReadLimits], for instance `maxTensors`
    /// @param source the file
    /// @param where the place inside, empty for the whole file
    /// @param offset absolute offset in bytes, or [ModelFormatException#NO_OFFSET]
    /// @param what what is too large, with both numbers
    public LimitExceededException(String limit, String source, String where, long offset, String what) {
        super("limit." + limit, source, where, offset, what + "; raise ReadLimits." + limit + " to read it");
        this.limit = limit;
    }

    /// The component of [ReadLimits] to raise.
    public String limit() {
        return limit;
    }
}
