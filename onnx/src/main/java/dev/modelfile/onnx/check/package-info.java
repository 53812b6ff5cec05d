/// The rules that a model has to keep, and what a scan looks for.
@NullMarked
package dev.modelfile.onnx.check;

import org.jspecify.annotations.NullMarked;
