package dev.modelfile;

import java.util.Objects;

/// How to open a model.
///
/// @param strict default false: accept what the format's reference implementation accepts. When true, every deviation
///     from the written specification is an error
/// @param limits default [ReadLimits#defaults()]
/// @param sidecars default [SidecarPolicy#DEFAULT]: where other files of a model may lie that the model itself names
/// @param weightsOnly default false: read every object of a format that can describe code, inertly. When true, a file
///     that the format's reference implementation refuses in its own restricted mode is an [UnsafeModelException]
public record ReadOptions(boolean strict, ReadLimits limits, SidecarPolicy sidecars, boolean weightsOnly) {

    /// @throws NullPointerException if a component is null
    public ReadOptions {
        Objects.requireNonNull(limits, "limits");
        Objects.requireNonNull(sidecars, "sidecars");
    }

    /// The defaults stated above.
    public static ReadOptions defaults() {
        return new ReadOptions(false, ReadLimits.defaults(), SidecarPolicy.DEFAULT, false);
    }

    /// The same options with another [#strict()].
    public ReadOptions withStrict(boolean value) {
        return new ReadOptions(value, limits, sidecars, weightsOnly);
    }

    /// The same options with other [#limits()].
    public ReadOptions withLimits(ReadLimits value) {
        return new ReadOptions(strict, value, sidecars, weightsOnly);
    }

    /// The same options with another [#sidecars()].
    public ReadOptions withSidecars(SidecarPolicy value) {
        return new ReadOptions(strict, limits, value, weightsOnly);
    }

    /// The same options with another [#weightsOnly()].
    public ReadOptions withWeightsOnly(boolean value) {
        return new ReadOptions(strict, limits, sidecars, value);
    }
}
