package dev.modelfile.onnx.wire;

import java.util.List;

/// A message: usually one occurrence. A singular message field that occurs several times is one message with the fields
/// of all, which is how protobuf merges; an empty list is a message that is not there.
///
/// @param spans the occurrences in file order
public record Message(List<Span> spans) {

    /// @throws NullPointerException if the list or an element is null
    public Message {
        spans = List.copyOf(spans);
    }

    /// A message of one occurrence.
    public static Message of(Span span) {
        return new Message(List.of(span));
    }

    /// Where the first occurrence begins, -1 if there is none.
    public long offset() {
        return spans.isEmpty() ? -1 : spans.get(0).start();
    }
}
