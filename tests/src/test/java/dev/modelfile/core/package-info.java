/// The model's own types: shapes, slices, tensors, limits.
@NullMarked
package dev.modelfile.core;

import org.jspecify.annotations.NullMarked;
