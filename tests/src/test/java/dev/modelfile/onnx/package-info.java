/// ONNX: what is read, refused, changed and run.
@NullMarked
package dev.modelfile.onnx;

import org.jspecify.annotations.NullMarked;
