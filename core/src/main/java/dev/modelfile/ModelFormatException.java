package dev.modelfile;

import java.io.IOException;

/// A model file could not be used, with the place where it went wrong.
///
/// The message reads `<source> › <where> @ 0x<offset>: <what>`, leaving out parts that are unknown. The subclasses say
/// which kind of trouble it is; nothing else escapes from a reader because of what a file contains.
public abstract sealed class ModelFormatException extends IOException
        permits MalformedModelException, UnsupportedModelException, LimitExceededException, UnsafeModelException {
    private static final long serialVersionUID = 1L;

    /// The offset of an error that has no place in the file.
    public static final long NO_OFFSET = -1;

    private final String rule;
    private final String source;
    private final String where;
    private final long offset;

    /// Makes an exception for a place in a file.
    ///
    /// @param rule stable identifier of the violated rule, for instance `safetensors.invalid-offset`
    /// @param source the file
    /// @param where the place inside, in the format's own terms; empty if it concerns the whole file
    /// @param offset absolute offset in bytes, or [#NO_OFFSET]
    /// @param what what is wrong, with both numbers where two disagree
    protected ModelFormatException(String rule, String source, String where, long offset, String what) {
        super(message(source, where, offset, what));
        this.rule = rule;
        this.source = source;
        this.where = where;
        this.offset = offset;
    }

    private static String message(String source, String where, long offset, String what) {
        StringBuilder text = new StringBuilder(source);
        if (!where.isEmpty()) {
            text.append(source.isEmpty() ? "" : " › ").append(where);
        }
        if (offset >= 0) {
            text.append(" @ 0x").append(Long.toHexString(offset));
        }
        return text.isEmpty() ? what : text.append(": ").append(what).toString();
    }

    /// Stable identifier of the violated rule, for instance `safetensors.invalid-offset`.
    public final String rule() {
        return rule;
    }

    /// The file that is wrong.
    public final String source() {
        return source;
    }

    /// The place inside the file in the format's own terms, empty for the whole file.
    public final String where() {
        return where;
    }

    /// Absolute offset in [#source()] in bytes, or [#NO_OFFSET].
    public final long offset() {
        return offset;
    }
}
