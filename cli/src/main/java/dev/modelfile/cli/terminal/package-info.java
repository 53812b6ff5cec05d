/// What the program prints and where: streams, tables, sizes, colours, progress.
@NullMarked
package dev.modelfile.cli.terminal;

import org.jspecify.annotations.NullMarked;
