/// The model: tensors, types, metadata, reading, writing and converting. Knows no file format.
@NullMarked
package dev.modelfile;

import org.jspecify.annotations.NullMarked;
