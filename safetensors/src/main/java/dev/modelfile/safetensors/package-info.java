/// Safetensors files, single and sharded.
@NullMarked
package dev.modelfile.safetensors;

import org.jspecify.annotations.NullMarked;
