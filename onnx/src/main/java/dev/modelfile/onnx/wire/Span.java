package dev.modelfile.onnx.wire;

import org.jspecify.annotations.Nullable;

/// One length-delimited occurrence of a message in the file, and the one that holds it.
///
/// @param parent the enclosing occurrence; null for the whole file
/// @param tag absolute offset of the field's tag; the length follows it
/// @param start absolute offset of the first byte of the content
/// @param end absolute offset behind the content
public record Span(@Nullable Span parent, long tag, long start, long end) {

    /// The whole of a file.
    public static Span file(long size) {
        return new Span(null, 0, 0, size);
    }

    /// Bytes of content.
    public long length() {
        return end - start;
    }
}
