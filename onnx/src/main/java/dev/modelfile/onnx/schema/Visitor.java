package dev.modelfile.onnx.schema;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.wire.WireCursor;

/// Is told what a walk comes across, parents before children, each message completely before the next one.
public interface Visitor {
    /// A message begins.
    ///
    /// @return whether to walk through its fields
    /// @throws ModelFormatException if it is broken or exceeds a limit
    boolean enter(Frame frame) throws ModelFormatException;

    /// A field that holds no message.
    ///
    /// @throws ModelFormatException if it is broken or exceeds a limit
    default void value(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {}

    /// One occurrence of a field that holds a message, before the message itself.
    ///
    /// @throws ModelFormatException if it is broken or exceeds a limit
    default void occurrence(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {}

    /// A field that the schema does not have, or with another wire type.
    ///
    /// @throws ModelFormatException if it is broken or exceeds a limit
    default void unknown(Frame frame, WireCursor at) throws ModelFormatException {}

    /// A message that was entered ends.
    ///
    /// @throws ModelFormatException if it is broken or exceeds a limit
    default void leave(Frame frame) throws ModelFormatException {}
}
