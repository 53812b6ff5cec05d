package dev.modelfile.checkpoint.scan;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.Trace;
import dev.modelfile.io.Region;
import java.util.Arrays;

/// The storages that a pickle refers to, as often as it does; their keys are decoded when they are asked for.
final class Storages {
    private final Trace trace;
    private long[] keysAndSizes = new long[32];
    private int used;

    /// Takes a storage.
    @FunctionalInterface
    interface Taker {
        void take(String key, long size) throws ModelFormatException;
    }

    Storages(Trace trace) {
        this.trace = trace;
    }

    /// @param key a text
    /// @param size in bytes, -1 if it is not understood
    void add(long key, long size, Budget budget, Region stream) throws LimitExceededException {
        if (used == keysAndSizes.length) {
            budget.heap((long) Long.BYTES * 2 * used, stream, -1);
            keysAndSizes = Arrays.copyOf(keysAndSizes, 2 * used);
            budget.release((long) Long.BYTES * used);
        }
        keysAndSizes[used++] = key;
        keysAndSizes[used++] = size;
    }

    void forEach(Taker taker) throws ModelFormatException {
        for (int i = 0; i < used; i += 2) {
            taker.take(trace.text(keysAndSizes[i]), keysAndSizes[i + 1]);
        }
    }
}
