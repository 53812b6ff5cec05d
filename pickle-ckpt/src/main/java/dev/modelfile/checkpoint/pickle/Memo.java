package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Numbered values of a pickle. Dense indices live in an array; an index far beyond goes to a map, so that a huge one
/// costs nothing.
final class Memo {
    private static final int SLACK = 4096;

    private @Nullable PickleValue[] dense = new PickleValue[64];
    private final Map<Integer, PickleValue> sparse = new HashMap<>();
    private int size;

    /// The number of values.
    int size() {
        return size;
    }

    /// Sets a value.
    ///
    /// @param index 32 bits without a sign
    void put(int index, PickleValue value) {
        if (index >= dense.length && index <= 2L * size + SLACK) {
            dense = Arrays.copyOf(dense, Math.max(index + 1, (int) Math.min(2L * dense.length, Integer.MAX_VALUE - 8)));
        }
        PickleValue old;
        if (index >= 0 && index < dense.length) {
            old = dense[index];
            dense[index] = value;
            old = old == null && !sparse.isEmpty() ? sparse.remove(index) : old;
        } else {
            old = sparse.put(index, value);
        }
        size += old == null ? 1 : 0;
    }

    @Nullable
    PickleValue get(int index) {
        PickleValue value = index >= 0 && index < dense.length ? dense[index] : null;
        return value == null && !sparse.isEmpty() ? sparse.get(index) : value;
    }
}
