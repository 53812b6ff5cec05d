/// The jobs of the document `how-to.md`, done.
@NullMarked
package dev.modelfile.howto;

import org.jspecify.annotations.NullMarked;
