package dev.modelfile;

import java.util.Objects;

/// How to open a model.
///
/// @param strict default false: accept what the format's reference implementation accepts. When true, every deviation
///     from the written specification is an error
/// @param limits default [ReadLimits#defaults()]
public record ReadOptions(boolean strict, ReadLimits limits) {

    /// @throws NullPointerException if `limits` is null
    public ReadOptions {
        Objects.requireNonNull(limits, "limits");
    }

    /// The defaults stated above.
    public static ReadOptions defaults() {
        return new ReadOptions(false, ReadLimits.defaults());
    }

    /// The same options with another [#strict()].
    public ReadOptions withStrict(boolean value) {
        return new ReadOptions(value, limits);
    }

    /// The same options with other [#limits()].
    public ReadOptions withLimits(ReadLimits value) {
        return new ReadOptions(strict, value);
    }
}
