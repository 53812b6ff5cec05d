package dev.modelfile.safetensors.header;

import dev.modelfile.ScalarType;

/// One tensor as the header describes it.
///
/// @param name the name, anything that JSON can say
/// @param dtype the element type
/// @param dims the dimensions, outermost first, unsigned
/// @param begin first byte in the data section, unsigned
/// @param end the byte behind the last, unsigned
/// @param position offset of the entry in the header, for messages
public record HeaderEntry(String name, ScalarType dtype, long[] dims, long begin, long end, long position) {}
