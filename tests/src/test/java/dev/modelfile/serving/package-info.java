/// What serving stacks do with models, with the runtimes that they use.
@NullMarked
package dev.modelfile.serving;

import org.jspecify.annotations.NullMarked;
