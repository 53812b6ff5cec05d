/// PyTorch checkpoints, read without executing them.
@NullMarked
package dev.modelfile.checkpoint;

import org.jspecify.annotations.NullMarked;
