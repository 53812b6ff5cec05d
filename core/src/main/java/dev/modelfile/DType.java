package dev.modelfile;

/// The element type of a tensor: how many elements one block of bytes holds, and how many bytes that block takes.
///
/// Every type is described by the pair *(block elements, block bytes)*: `F32` is (1, 4), the sub-byte float `F4` is
/// (2, 1), ggml's `Q4_K` is (256, 144). Plain numbers are [ScalarType]s, ggml-style quantised blocks are [BlockType]s
/// that bring their own codec, and whatever a file names that this library does not know is an [OpaqueType]: it can
/// be listed, copied and carried, but not decoded.
public sealed interface DType permits ScalarType, BlockType, OpaqueType {

    /// The name used in listings and JSON: Safetensors' names for scalars (`F32`, `BF16`, `F8_E4M3`), upper-case ggml
    /// names for blocks (`Q4_K`).
    String name();

    /// Elements that one block holds; 1 for plain types.
    int blockElements();

    /// Bytes that one block takes; 0 for an [OpaqueType] of unknown width.
    int blockBytes();

    /// The number of bytes that a tensor of this type and shape takes when stored densely.
    ///
    /// Sub-byte scalars are rounded up to whole bytes. Block types need an innermost dimension that fills whole blocks.
    ///
    /// @throws ArithmeticException if the size does not fit a `long`
    /// @throws IllegalArgumentException if rows do not fill whole blocks, or the width of the type is unknown
    long byteSize(Shape shape);
}
