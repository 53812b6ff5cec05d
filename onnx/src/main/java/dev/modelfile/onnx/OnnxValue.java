package dev.modelfile.onnx;

import java.util.List;
import java.util.Objects;

/// An input or output of a graph.
///
/// @param name its name
/// @param type what it is: an ONNX element type as `FLOAT` for a tensor, otherwise for instance `sequence(FLOAT)`,
///     `optional(INT64)`, `map(STRING, FLOAT)`, `sparse(FLOAT)`; `?` if the file does not say
/// @param dims the dimensions of a tensor, outermost first: a number, the name of a symbolic dimension, or `?`
/// @param ranked whether the file says how many dimensions there are
public record OnnxValue(String name, String type, List<String> dims, boolean ranked) {
    /// @throws NullPointerException if a component is null
    public OnnxValue {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        dims = List.copyOf(dims);
    }

    /// As in `x: FLOAT[batch, 3, 224, 224]`.
    @Override
    public String toString() {
        return name + ": " + type + (ranked ? "[" + String.join(", ", dims) + "]" : "");
    }
}
