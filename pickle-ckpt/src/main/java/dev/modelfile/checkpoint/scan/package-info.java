/// Judging what pickles name and do, without doing it.
@NullMarked
package dev.modelfile.checkpoint.scan;

import org.jspecify.annotations.NullMarked;
