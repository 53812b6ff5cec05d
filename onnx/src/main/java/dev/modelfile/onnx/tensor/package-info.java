/// The tensors of a model: where they are, how they are stored, and their elements.
@NullMarked
package dev.modelfile.onnx.tensor;

import org.jspecify.annotations.NullMarked;
