package dev.modelfile.scan;

import dev.modelfile.ModelFormatException;
import java.util.Objects;

/// One thing found in a file.
///
/// @param rule stable identifier of the rule, for instance `safetensors.duplicate-key`
/// @param severity how bad it is
/// @param where the place in the format's own terms; empty for the whole file
/// @param offset absolute offset in bytes, or -1
/// @param message what was found and why it matters
public record Finding(String rule, Severity severity, String where, long offset, String message) {

    /// @throws NullPointerException if a component is null
    public Finding {
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(where, "where");
        Objects.requireNonNull(message, "message");
    }

    /// The finding that stands for a file that could not be read.
    public static Finding of(ModelFormatException broken) {
        return new Finding(
                broken.rule(), Severity.ERROR, broken.where(), broken.offset(), String.valueOf(broken.getMessage()));
    }
}
