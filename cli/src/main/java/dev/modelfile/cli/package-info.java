/// The command line program.
@NullMarked
package dev.modelfile.cli;

import org.jspecify.annotations.NullMarked;
