/// What the public types of the core are made of.
@NullMarked
package dev.modelfile.internal;

import org.jspecify.annotations.NullMarked;
