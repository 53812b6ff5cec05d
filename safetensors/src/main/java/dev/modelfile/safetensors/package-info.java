/// Safetensors: opening, checking, writing and editing single files and sharded checkpoints.
@NullMarked
package dev.modelfile.safetensors;

import org.jspecify.annotations.NullMarked;
