package dev.modelfile.onnx.tensor;

import dev.modelfile.Tensor;
import dev.modelfile.onnx.externaldata.ExternalData;
import dev.modelfile.onnx.wire.Message;
import org.jspecify.annotations.Nullable;

/// A tensor and where it is in the model.
///
/// @param tensor what users get
/// @param message the `TensorProto`
/// @param site what holds it
/// @param dataType the number of its type
/// @param external where its bytes are, null if they are in the model
public record TensorEntry(
        Tensor tensor,
        Message message,
        Site site,
        int dataType,
        @Nullable ExternalData external) {

    /// What holds a tensor.
    public enum Site {
        /// An initializer of the main graph, which is known by its name.
        INITIALIZER,
        /// An initializer of another graph.
        INNER_INITIALIZER,
        /// An attribute of a node or a function.
        ATTRIBUTE,
        /// The values of a sparse tensor.
        SPARSE_VALUES,
        /// The indices of a sparse tensor.
        SPARSE_INDICES
    }
}
