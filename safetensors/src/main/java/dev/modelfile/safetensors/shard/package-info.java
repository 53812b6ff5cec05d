/// Checkpoints in several files: the index, and where it may point.
@NullMarked
package dev.modelfile.safetensors.shard;

import org.jspecify.annotations.NullMarked;
