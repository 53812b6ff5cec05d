/// Laying out `.pt` files that PyTorch loads with `weights_only=True`, mapped or not.
@NullMarked
package dev.modelfile.checkpoint.write;

import org.jspecify.annotations.NullMarked;
