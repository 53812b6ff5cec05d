/// Conversions between element types, against goldens and exact arithmetic.
@NullMarked
package dev.modelfile.convert;

import org.jspecify.annotations.NullMarked;
