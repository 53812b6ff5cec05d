package dev.modelfile.checkpoint.pickle;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ReadLimits;
import dev.modelfile.io.Region;

/// What all pickles of one file together may take: heap by an estimate, and opcodes, each of which is a byte of
/// structure.
public final class Budget {
    private final ReadLimits limits;
    private final long mostOpcodes;
    private long heap;
    private long opcodes;

    /// A fresh budget.
    public Budget(ReadLimits limits) {
        this.limits = limits;
        this.mostOpcodes = limits.maxHeaderBytes();
    }

    /// The limits that it enforces.
    public ReadLimits limits() {
        return limits;
    }

    /// Counts heap that is about to be used.
    ///
    /// @throws LimitExceededException if it is too much
    public void heap(long bytes, Region place, long offset) throws LimitExceededException {
        heap += bytes;
        if (heap > limits.maxHeapBytes() || heap < 0) {
            throw place.limit("maxHeapBytes", "", offset, "objects of " + heap + " bytes vs " + limits.maxHeapBytes());
        }
    }

    /// Gives heap back that is no longer used.
    public void release(long bytes) {
        heap -= bytes;
    }

    /// The heap counted so far.
    public long used() {
        return heap;
    }

    void opcode(Region place, long offset) throws LimitExceededException {
        if (++opcodes > mostOpcodes) {
            throw place.limit("maxHeaderBytes", "", offset, opcodes + " pickle opcodes vs " + mostOpcodes);
        }
    }

    /// The opcodes run so far.
    public long opcodes() {
        return opcodes;
    }
}
