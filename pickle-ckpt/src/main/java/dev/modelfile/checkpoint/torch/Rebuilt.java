package dev.modelfile.checkpoint.torch;

import dev.modelfile.DType;
import dev.modelfile.Shape;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.spi.TensorData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What one object of a checkpoint gives: a tensor, or several for a sparse one; what is known about it; and the
/// attributes that hang on it.
public final class Rebuilt {
    /// One dense tensor.
    ///
    /// @param suffix what comes behind the object's name, empty for the object itself
    /// @param dtype the type
    /// @param shape the dimensions
    /// @param data the elements
    public record Part(String suffix, DType dtype, Shape shape, TensorData data) {}

    private final List<Part> parts = new ArrayList<>(1);
    private final Map<String, Value> notes = new LinkedHashMap<>(0);
    private final List<PickleValue> attributes = new ArrayList<>(0);

    static Rebuilt of(DType dtype, Shape shape, TensorData data) {
        Rebuilt rebuilt = new Rebuilt();
        rebuilt.parts.add(new Part("", dtype, shape, data));
        return rebuilt;
    }

    /// Something without data.
    public static Rebuilt noted(String suffix, Value note) {
        return new Rebuilt().note(suffix, note);
    }

    /// Says something about it.
    ///
    /// @param suffix what comes behind the object's name
    public Rebuilt note(String suffix, Value note) {
        notes.put(suffix, note);
        return this;
    }

    Rebuilt attribute(PickleValue state) {
        attributes.add(state);
        return this;
    }

    /// Takes over what another object gives, under a further name.
    Rebuilt take(String suffix, Rebuilt other) {
        for (Part part : other.parts) {
            parts.add(new Part(join(suffix, part.suffix), part.dtype, part.shape, part.data));
        }
        other.notes.forEach((key, value) -> notes.put(join(suffix, key), value));
        attributes.addAll(other.attributes);
        return this;
    }

    static String join(String left, String right) {
        return left.isEmpty() ? right : right.isEmpty() ? left : left + "." + right;
    }

    /// The dense tensors that it consists of.
    public List<Part> parts() {
        return parts;
    }

    Map<String, Value> notes() {
        return notes;
    }

    List<PickleValue> attributes() {
        return attributes;
    }
}
