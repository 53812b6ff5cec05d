package dev.modelfile.gguf.container;

import dev.modelfile.Value;
import java.util.List;
import java.util.SequencedMap;

/// Everything before the data section.
///
/// @param version 1, 2 or 3
/// @param encoding byte order and width of lengths
/// @param base where the model begins in its file, in bytes
/// @param alignment what the data section and every tensor are aligned to, relative to the model
/// @param end where the header ends without padding, relative to the model
/// @param dataOffset where the data section begins, relative to the model; behind the end of the file if there are no
///     tensors and no padding
/// @param metadata the key-value pairs in file order
/// @param tensors the tensors in the order of their infos
public record Header(
        int version,
        Encoding encoding,
        long base,
        long alignment,
        long end,
        long dataOffset,
        SequencedMap<String, Value> metadata,
        List<TensorInfo> tensors) {
    /// `GGUF`, which is never swapped, read as a little-endian number.
    public static final int MAGIC = 0x46554747;
    /// The version that is written.
    public static final int VERSION = 3;
    /// The alignment where the metadata does not say.
    public static final long DEFAULT_ALIGNMENT = 32;
    /// The key of the alignment.
    public static final String ALIGNMENT = "general.alignment";
    /// Bytes that names must stay below in ggml.
    public static final int MAX_NAME = 64;
    /// Bytes that a key can have.
    public static final int MAX_KEY = 0xFFFF;
    /// Dimensions of a ggml tensor.
    public static final int MAX_DIMS = 4;
    /// Longest string and array of llama.cpp.
    static final long MAX_LENGTH = 1L << 30;

    /// The next multiple of the alignment.
    ///
    /// @throws ArithmeticException if it does not fit a `long`
    public static long align(long offset, long alignment) {
        return Math.addExact(offset, alignment - 1) & -alignment;
    }
}
