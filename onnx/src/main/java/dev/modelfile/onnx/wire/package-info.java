/// The protobuf wire format: fields, messages and their merging, over a mapping of any length.
@NullMarked
package dev.modelfile.onnx.wire;

import org.jspecify.annotations.NullMarked;
