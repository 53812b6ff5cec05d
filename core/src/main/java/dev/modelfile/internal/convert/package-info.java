/// Conversion between element types: scalar kernels, and the sink that applies them to a stream of bytes.
@NullMarked
package dev.modelfile.internal.convert;

import org.jspecify.annotations.NullMarked;
