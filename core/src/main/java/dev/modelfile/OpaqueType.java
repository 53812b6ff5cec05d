package dev.modelfile;

import java.util.Objects;

/// A type that a file names and this library cannot interpret: tensors of it are listed, carried and copied as bytes.
///
/// @param name what the file calls it, for instance `STRING` or `GGML_99`
public record OpaqueType(String name) implements DType {

    /// @throws NullPointerException if `name` is null
    public OpaqueType {
        Objects.requireNonNull(name, "name");
    }

    @Override
    public int blockElements() {
        return 1;
    }

    @Override
    public int blockBytes() {
        return 0;
    }

    /// Always refused: only the file itself knows how many bytes such a tensor takes.
    @Override
    public long byteSize(Shape shape) {
        throw new IllegalArgumentException("the width of type " + name + " is not known");
    }

    @Override
    public String toString() {
        return name;
    }
}
