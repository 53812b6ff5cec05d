/// Models in several files: their names, their keys, and how tensors are divided among them.
@NullMarked
package dev.modelfile.gguf.shard;

import org.jspecify.annotations.NullMarked;
