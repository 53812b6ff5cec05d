package dev.modelfile.checkpoint.pickle;

import dev.modelfile.LimitExceededException;
import dev.modelfile.io.Region;
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
    /// The values plus one, so that 0 is none.
    private final LongPages dense;
    private final Map<Integer, Long> sparse = new HashMap<>();
    private int size;

    TraceMemo(Region stream, Budget budget) {
        this.stream = stream;
        this.budget = budget;
        this.dense = new LongPages(stream, budget);
    }

    /// Sets the value whose index is the number of values.
    void add(long value) throws LimitExceededException {
        int index = size;
        if (index < dense.size() && dense.get(index) == 0 && sparse.isEmpty()) {
            dense.set(index, value + 1);
            size = index + 1;
        } else {
            put(index, value);
        }
    }

    /// Sets a value.
    ///
    /// @param index 32 bits without a sign
    void put(int index, long value) throws LimitExceededException {
        if (index >= dense.size() && index <= 2L * size + SLACK) {
            dense.grow(index + 1);
        }
        if (index >= 0 && index < dense.size()) {
            if (dense.get(index) == 0 && (sparse.isEmpty() || sparse.remove(index) == null)) {
                size++;
            }
            dense.set(index, value + 1);
        } else {
            budget.heap(ENTRY, stream, -1);
            size += sparse.put(index, value) == null ? 1 : 0;
        }
    }

    long get(int index) {
        long value = index >= 0 && index < dense.size() ? dense.get(index) - 1 : NONE;
        return value == NONE && !sparse.isEmpty() ? sparse.getOrDefault(index, NONE) : value;
    }
}
