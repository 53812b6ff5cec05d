package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A tuple, list, set or frozenset.
public final class SequenceNode implements PickleValue.Sequence {
    private static final PickleValue[] NOTHING = {};

    private final PickleValue.Kind kind;
    private PickleValue[] items;
    private int size;
    private @Nullable PackedItems packed;

    SequenceNode(PickleValue.Kind kind) {
        this(kind, NOTHING);
    }

    /// Makes a container of these items.
    public SequenceNode(PickleValue.Kind kind, PickleValue... items) {
        this.kind = kind;
        this.items = items;
        this.size = items.length;
    }

    /// Makes an empty list one whose plain values stay in the stream.
    void pack(PackedItems plain) {
        packed = plain;
    }

    /// Makes the values of a packed list objects, because others are to follow.
    void unpack() {
        if (packed != null) {
            items = packed.toArray(NOTHING);
            size = items.length;
            packed = null;
        }
    }

    /// The values of a list that stay in the stream, or null.
    public @Nullable PackedItems packed() {
        return packed;
    }

    void add(PickleValue item) {
        if (size == items.length) {
            items = Arrays.copyOf(items, Math.max(4, size + (size >> 1)));
        }
        items[size++] = item;
    }

    @Override
    public PickleValue.Kind kind() {
        return kind;
    }

    @Override
    public List<PickleValue> items() {
        return packed != null
                ? packed
                : Collections.unmodifiableList(Arrays.asList(items).subList(0, size));
    }

    /// The number of items.
    public int size() {
        return packed != null ? packed.size() : size;
    }

    /// One item.
    ///
    /// @throws IndexOutOfBoundsException if there is no such item
    public PickleValue get(int index) {
        return packed != null ? packed.get(index) : items[Objects.checkIndex(index, size)];
    }

    @Override
    public String toString() {
        return kind + " of " + size();
    }
}
