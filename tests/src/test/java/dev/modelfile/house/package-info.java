/// Rules of the house that the compiler does not check.
@NullMarked
package dev.modelfile.house;

import org.jspecify.annotations.NullMarked;
