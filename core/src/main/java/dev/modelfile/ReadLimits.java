package dev.modelfile;

/// Bounds on what a file may make the reader hold or do. Every limit names itself in the error that it causes.
///
/// @param maxHeaderBytes default 100,000,000: bytes of a textual or structural header (Safetensors' own bound)
/// @param maxTensors default 4,000,000: tensors in one model
/// @param maxRank default 4096: dimensions of one tensor
/// @param maxDepth default 127: nesting of structured metadata (serde_json's bound, hence the reference's)
/// @param maxStringBytes default 1 GiB: one string of metadata
/// @param maxParts default 10,000: shards and sidecars of one model
/// @param maxHeapBytes default half of the virtual machine's maximum heap: what the reader may keep on the heap for
///     names, shapes and metadata, by its own estimate; tensor data is never on the heap
public record ReadLimits(
        long maxHeaderBytes,
        long maxTensors,
        int maxRank,
        int maxDepth,
        long maxStringBytes,
        int maxParts,
        long maxHeapBytes) {

    /// @throws IllegalArgumentException if a limit is negative
    public ReadLimits {
        if (maxHeaderBytes < 0
                || maxTensors < 0
                || maxRank < 0
                || maxDepth < 0
                || maxStringBytes < 0
                || maxParts < 0
                || maxHeapBytes < 0) {
            throw new IllegalArgumentException("a limit is negative");
        }
    }

    /// The limits stated above.
    public static ReadLimits defaults() {
        return new ReadLimits(
                100_000_000L,
                4_000_000L,
                4096,
                127,
                1L << 30,
                10_000,
                Runtime.getRuntime().maxMemory() / 2);
    }

    /// The same limits with another [#maxHeaderBytes()].
    public ReadLimits withMaxHeaderBytes(long value) {
        return new ReadLimits(value, maxTensors, maxRank, maxDepth, maxStringBytes, maxParts, maxHeapBytes);
    }

    /// The same limits with another [#maxTensors()].
    public ReadLimits withMaxTensors(long value) {
        return new ReadLimits(maxHeaderBytes, value, maxRank, maxDepth, maxStringBytes, maxParts, maxHeapBytes);
    }

    /// The same limits with another [#maxRank()].
    public ReadLimits withMaxRank(int value) {
        return new ReadLimits(maxHeaderBytes, maxTensors, value, maxDepth, maxStringBytes, maxParts, maxHeapBytes);
    }

    /// The same limits with another [#maxDepth()].
    public ReadLimits withMaxDepth(int value) {
        return new ReadLimits(maxHeaderBytes, maxTensors, maxRank, value, maxStringBytes, maxParts, maxHeapBytes);
    }

    /// The same limits with another [#maxStringBytes()].
    public ReadLimits withMaxStringBytes(long value) {
        return new ReadLimits(maxHeaderBytes, maxTensors, maxRank, maxDepth, value, maxParts, maxHeapBytes);
    }

    /// The same limits with another [#maxParts()].
    public ReadLimits withMaxParts(int value) {
        return new ReadLimits(maxHeaderBytes, maxTensors, maxRank, maxDepth, maxStringBytes, value, maxHeapBytes);
    }

    /// The same limits with another [#maxHeapBytes()].
    public ReadLimits withMaxHeapBytes(long value) {
        return new ReadLimits(maxHeaderBytes, maxTensors, maxRank, maxDepth, maxStringBytes, maxParts, value);
    }
}
