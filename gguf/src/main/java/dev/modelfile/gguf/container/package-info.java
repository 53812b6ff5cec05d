/// The container: header, key-value pairs, tensor infos, data section, and how they are checked and written.
@NullMarked
package dev.modelfile.gguf.container;

import org.jspecify.annotations.NullMarked;
