/// ONNX models with their external data.
@NullMarked
package dev.modelfile.onnx;

import org.jspecify.annotations.NullMarked;
