/// Safetensors: conformance, writing, shards, edits, attacks, size.
@NullMarked
package dev.modelfile.safetensors;

import org.jspecify.annotations.NullMarked;
