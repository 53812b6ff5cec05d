/// What a file format implements to take part.
@NullMarked
package dev.modelfile.spi;

import org.jspecify.annotations.NullMarked;
