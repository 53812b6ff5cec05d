package dev.modelfile.gguf.container;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ReadLimits;
import dev.modelfile.io.Region;

/// What the files of one model may take together: their limits are those of the model.
public final class Budget {
    private final ReadLimits limits;
    private long heap;
    private long tensors;

    /// A budget of which nothing is spent.
    public Budget(ReadLimits limits) {
        this.limits = limits;
    }

    ReadLimits limits() {
        return limits;
    }

    /// Accounts for heap that a reader is about to keep.
    void charge(Region region, String what, long at, long amount) throws LimitExceededException {
        heap += amount;
        if (heap > limits.maxHeapBytes()) {
            throw region.limit(
                    "maxHeapBytes", what, at, "the headers need more than " + limits.maxHeapBytes() + " bytes of heap");
        }
    }

    /// Accounts for the tensors that a header announces.
    void tensors(Region region, long count) throws LimitExceededException {
        tensors += count;
        if (tensors > limits.maxTensors()) {
            throw region.limit("maxTensors", "", 8, tensors + " tensors vs " + limits.maxTensors());
        }
    }
}
