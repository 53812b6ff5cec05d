package dev.modelfile;

import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// How to lay out and write a model.
///
/// @param overwrite default false: refuse to replace existing files
/// @param sync default true: force the data to the disk before the file gets its name
/// @param alignment default 0, the format's own: the data section begins at a multiple of so many bytes
/// @param headerRoom default 0: spare bytes for later changes of the header in place, where the format allows that
/// @param maxShardBytes default 0, one file: split so that the tensors of one file take at most so many bytes; a
///     single larger tensor gets a file of its own
/// @param maxShardTensors default 0, no bound: split after so many tensors
/// @param byteOrder default null, that of the model that is copied or changed, otherwise little-endian; formats that
///     know only one byte order ignore it
/// @param version default 0, that of the model that is copied or changed, otherwise the newest that the format has;
///     formats that write only one version ignore it
public record WriteOptions(
        boolean overwrite,
        boolean sync,
        int alignment,
        int headerRoom,
        long maxShardBytes,
        int maxShardTensors,
        @Nullable ByteOrder byteOrder,
        int version) {

    /// @throws IllegalArgumentException if a number is negative, or the alignment is no power of two
    public WriteOptions {
        if (alignment < 0 || headerRoom < 0 || maxShardBytes < 0 || maxShardTensors < 0 || version < 0) {
            throw new IllegalArgumentException("a write option is negative");
        }
        if (alignment != 0 && Integer.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("alignment " + alignment + " is not a power of two");
        }
    }

    /// The defaults stated above.
    public static WriteOptions defaults() {
        return new WriteOptions(false, true, 0, 0, 0, 0, null, 0);
    }

    /// The same options with another [#overwrite()].
    public WriteOptions withOverwrite(boolean value) {
        return new WriteOptions(value, sync, alignment, headerRoom, maxShardBytes, maxShardTensors, byteOrder, version);
    }

    /// The same options with another [#sync()].
    public WriteOptions withSync(boolean value) {
        return new WriteOptions(
                overwrite, value, alignment, headerRoom, maxShardBytes, maxShardTensors, byteOrder, version);
    }

    /// The same options with another [#alignment()].
    public WriteOptions withAlignment(int value) {
        return new WriteOptions(overwrite, sync, value, headerRoom, maxShardBytes, maxShardTensors, byteOrder, version);
    }

    /// The same options with another [#headerRoom()].
    public WriteOptions withHeaderRoom(int value) {
        return new WriteOptions(overwrite, sync, alignment, value, maxShardBytes, maxShardTensors, byteOrder, version);
    }

    /// The same options with another [#maxShardBytes()].
    public WriteOptions withMaxShardBytes(long value) {
        return new WriteOptions(overwrite, sync, alignment, headerRoom, value, maxShardTensors, byteOrder, version);
    }

    /// The same options with another [#maxShardTensors()].
    public WriteOptions withMaxShardTensors(int value) {
        return new WriteOptions(overwrite, sync, alignment, headerRoom, maxShardBytes, value, byteOrder, version);
    }

    /// The same options with another [#byteOrder()].
    public WriteOptions withByteOrder(@Nullable ByteOrder value) {
        return new WriteOptions(overwrite, sync, alignment, headerRoom, maxShardBytes, maxShardTensors, value, version);
    }

    /// The same options with another [#version()].
    public WriteOptions withVersion(int value) {
        return new WriteOptions(
                overwrite, sync, alignment, headerRoom, maxShardBytes, maxShardTensors, byteOrder, value);
    }

    /// Whether the options ask for several files.
    public boolean sharded() {
        return maxShardBytes > 0 || maxShardTensors > 0;
    }
}
