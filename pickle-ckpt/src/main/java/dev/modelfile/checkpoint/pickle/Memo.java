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
    /// One more than the places of values that are known only by them, 0 for others.
    private long[] places = {};

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
        boolean known = place(index) >= 0 || !sparse.isEmpty() && sparse.containsKey(index);
        if (index >= 0 && index < dense.length) {
            known |= dense[index] != null;
            dense[index] = value;
            forget(index);
        } else {
            sparse.put(index, value);
        }
        size += known ? 0 : 1;
    }

    /// Lets go of a value and keeps its place.
    ///
    /// @param place where in the stream it can be read again
    void keepPlace(int index, long place) {
        if (index >= 0 && index < dense.length) {
            if (index >= places.length) {
                places = Arrays.copyOf(places, dense.length);
            }
            dense[index] = null;
            places[index] = place + 1;
        }
    }

    private void forget(int index) {
        if (index < places.length) {
            places[index] = 0;
        }
        if (!sparse.isEmpty()) {
            sparse.remove(index);
        }
    }

    @Nullable
    PickleValue get(int index) {
        PickleValue value = index >= 0 && index < dense.length ? dense[index] : null;
        return value == null && !sparse.isEmpty() ? sparse.get(index) : value;
    }

    /// The place of a value that is known only by that, else -1.
    long place(int index) {
        return index >= 0 && index < places.length ? places[index] - 1 : -1;
    }
}
