/// What PyTorch's pickles mean: storages, element types, the functions that rebuild tensors, and their names.
@NullMarked
package dev.modelfile.checkpoint.torch;

import org.jspecify.annotations.NullMarked;
