package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Decodes and encodes the blocks of one type, on plain arrays. Implementations hold no state.
///
/// Arguments have been checked by the caller: ranges fit, rows fill blocks, values are finite.
public interface BlockCodec {

    /// Decodes `count` blocks that begin at `blocks[from]` into the elements from `values[to]` on.
    void decode(byte[] blocks, int from, float[] values, int to, int count);

    /// Encodes one row of `elements` values that begins at `values[from]` into the blocks from `blocks[0]` on.
    ///
    /// @param importance one weight per element of the row, or null
    /// @param blocks zeroed, exactly as long as the row's blocks
    void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks);
}
