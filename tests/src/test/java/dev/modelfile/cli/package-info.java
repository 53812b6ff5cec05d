/// The command line, run inside this process with captured streams.
@NullMarked
package dev.modelfile.cli;

import org.jspecify.annotations.NullMarked;
