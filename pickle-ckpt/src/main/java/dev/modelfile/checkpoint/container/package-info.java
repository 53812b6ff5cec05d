/// The containers of checkpoints: zip archives, five pickles in a row, tar archives, bare pickles, folders.
@NullMarked
package dev.modelfile.checkpoint.container;

import org.jspecify.annotations.NullMarked;
