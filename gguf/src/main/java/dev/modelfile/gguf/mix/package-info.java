/// Which type each tensor of a model gets: llama.cpp's named mixes (`src/llama-quant.cpp`, as of September 2026).
@NullMarked
package dev.modelfile.gguf.mix;

import org.jspecify.annotations.NullMarked;
