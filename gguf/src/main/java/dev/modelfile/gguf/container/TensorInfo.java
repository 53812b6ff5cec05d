package dev.modelfile.gguf.container;

import dev.modelfile.DType;
import dev.modelfile.Shape;

/// What the header says of one tensor.
///
/// @param name the name
/// @param shape the dimensions, outermost first: the reverse of the file's order
/// @param typeId the number of the element type
/// @param dtype the element type
/// @param offset where the data begins, relative to the data section
/// @param size bytes of the data; for a type that is not known, up to the next tensor
/// @param at where the info begins, relative to the model
public record TensorInfo(String name, Shape shape, int typeId, DType dtype, long offset, long size, long at) {
    TensorInfo withSize(long newSize) {
        return new TensorInfo(name, shape, typeId, dtype, offset, newSize, at);
    }

    String place() {
        return "tensor \"" + Names.shown(name) + "\"";
    }
}
