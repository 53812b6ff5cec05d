/// Tensor values: printing, statistics, comparing, exporting.
@NullMarked
package dev.modelfile.cli.values;

import org.jspecify.annotations.NullMarked;
