/// The pickle machine: runs the opcodes of protocols 0 to 5 on inert values.
@NullMarked
package dev.modelfile.checkpoint.pickle;

import org.jspecify.annotations.NullMarked;
