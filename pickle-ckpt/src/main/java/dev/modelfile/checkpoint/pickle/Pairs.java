package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Objects;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/// Entries of a dictionary, kept flat; seen from outside, an unmodifiable list.
final class Pairs extends AbstractList<PickleValue.Entry> implements RandomAccess {
    private PickleValue[] flat = {};
    private int count;

    void put(PickleValue key, PickleValue value) {
        if (2 * count == flat.length) {
            flat = Arrays.copyOf(flat, Math.max(4, 2 * (count + (count >> 1) + 1)));
        }
        flat[2 * count] = key;
        flat[2 * count + 1] = value;
        count++;
    }

    @Override
    public PickleValue.Entry get(int index) {
        Objects.checkIndex(index, count);
        return new PickleValue.Entry(flat[2 * index], flat[2 * index + 1]);
    }

    @Override
    public int size() {
        return count;
    }

    @Nullable
    PickleValue find(String key) {
        for (int i = count - 1; i >= 0; i--) {
            if (flat[2 * i] instanceof TextNode text
                    && text.byteSize() <= 4L * key.length()
                    && text.value().equals(key)) {
                return flat[2 * i + 1];
            }
        }
        return null;
    }
}
