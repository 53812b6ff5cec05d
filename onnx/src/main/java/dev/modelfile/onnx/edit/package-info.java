/// New files from old ones: what changes is written anew, everything else is copied.
@NullMarked
package dev.modelfile.onnx.edit;

import org.jspecify.annotations.NullMarked;
