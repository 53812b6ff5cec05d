/// What can be said of a model that opens: findings beyond those of the loader of llama.cpp.
@NullMarked
package dev.modelfile.gguf.check;

import org.jspecify.annotations.NullMarked;
