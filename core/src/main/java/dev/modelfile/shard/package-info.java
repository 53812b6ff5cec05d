/// Indexes of sharded checkpoints after the convention of Hugging Face, for the formats that are sharded like that.
@NullMarked
package dev.modelfile.shard;

import org.jspecify.annotations.NullMarked;
