/// Which field of which message holds what, and the walk over all of them.
@NullMarked
package dev.modelfile.onnx.schema;

import org.jspecify.annotations.NullMarked;
