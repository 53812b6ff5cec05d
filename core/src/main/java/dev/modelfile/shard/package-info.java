/// Models of several files: indexes after the convention of Hugging Face, for the formats that are sharded like that,
/// and folders.
@NullMarked
package dev.modelfile.shard;

import org.jspecify.annotations.NullMarked;
