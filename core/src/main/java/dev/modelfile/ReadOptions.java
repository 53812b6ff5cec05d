package dev.modelfile;

import java.util.Objects;

/// How to open a model.
///
/// @param strict default false: accept what the format's reference implementation accepts. When true, every deviation
///     from the written specification is an error
/// @param limits default [ReadLimits#defaults()]
/// @param sidecars default [SidecarPolicy#DEFAULT]: where other files of a model may lie that the model itself names
public record ReadOptions(boolean strict, ReadLimits limits, SidecarPolicy sidecars) {

    /// @throws NullPointerException if a component is null
    public ReadOptions {
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(sidecars, "sidecars");
    }

    /// Options with the default [#sidecars()].
    public ReadOptions(boolean strict, ReadLimits limits) {
        this(strict, limits, SidecarPolicy.DEFAULT);
    }

    /// The defaults stated above.
    public static ReadOptions defaults() {
        return new ReadOptions(false, ReadLimits.defaults());
    }

    /// The same options with another [#strict()].
    public ReadOptions withStrict(boolean value) {
        return new ReadOptions(value, limits, sidecars);
    }

    /// The same options with other [#limits()].
    public ReadOptions withLimits(ReadLimits value) {
        return new ReadOptions(strict, value, sidecars);
    }

    /// The same options with another [#sidecars()].
    public ReadOptions withSidecars(SidecarPolicy value) {
        return new ReadOptions(strict, limits, value);
    }
}
