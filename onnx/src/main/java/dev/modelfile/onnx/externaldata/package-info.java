/// Tensors whose bytes lie in other files: the keys, the paths, and the files.
@NullMarked
package dev.modelfile.onnx.externaldata;

import org.jspecify.annotations.NullMarked;
