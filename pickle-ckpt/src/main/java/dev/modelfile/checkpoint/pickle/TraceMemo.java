package dev.modelfile.checkpoint.pickle;

import dev.modelfile.LimitExceededException;
import dev.modelfile.io.Region;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// Numbered values of a [TraceMachine]. Dense indices live in an array; an index far beyond goes to a map, so that a
/// huge one costs nothing.
final class TraceMemo {
    /// Stands for no value.
    static final long NONE = -1;

    private static final int SLACK = 4096;
    private static final int ENTRY = 100;

    private final Region stream;
    private final Budget budget;
    private long[] dense = new long[64];
    private final Map<Integer, Long> sparse = new HashMap<>();
    private int size;

    TraceMemo(Region stream, Budget budget) {
        this.stream = stream;
        this.budget = budget;
        Arrays.fill(dense, NONE);
    }

    /// The number of values.
    int size() {
        return size;
    }

    /// Sets a value.
    ///
    /// @param index 32 bits without a sign
    void put(int index, long value) throws LimitExceededException {
        if (index >= dense.length && index <= 2L * size + SLACK) {
            grow(index);
        }
        if (index >= 0 && index < dense.length) {
            if (dense[index] == NONE && (sparse.isEmpty() || sparse.remove(index) == null)) {
                size++;
            }
            dense[index] = value;
        } else {
            budget.heap(ENTRY, stream, -1);
            size += sparse.put(index, value) == null ? 1 : 0;
        }
    }

    private void grow(int index) throws LimitExceededException {
        int old = dense.length;
        int more = Math.max(index + 1, (int) Math.min(2L * old, Integer.MAX_VALUE - 8));
        budget.heap((long) Long.BYTES * more, stream, -1);
        dense = Arrays.copyOf(dense, more);
        Arrays.fill(dense, old, more, NONE);
        budget.release((long) Long.BYTES * old);
    }

    long get(int index) {
        long value = index >= 0 && index < dense.length ? dense[index] : NONE;
        return value == NONE && !sparse.isEmpty() ? sparse.getOrDefault(index, NONE) : value;
    }
}
