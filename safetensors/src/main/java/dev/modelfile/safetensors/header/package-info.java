/// The header of a Safetensors file: eight bytes of length and a JSON object.
@NullMarked
package dev.modelfile.safetensors.header;

import org.jspecify.annotations.NullMarked;
