package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A tuple, list, set or frozenset.
public sealed class SequenceNode implements PickleValue.Sequence permits ListNode {
    private static final PickleValue[] NOTHING = {};

    private final PickleValue.Kind kind;
    private PickleValue[] items;
    private int size;

    SequenceNode(PickleValue.Kind kind) {
        this(kind, NOTHING);
    }

    /// Makes a container of these items.
    public SequenceNode(PickleValue.Kind kind, PickleValue... items) {
        this.kind = kind;
        this.items = items;
        this.size = items.length;
    }

    /// The values of a long list that stay in the stream, or null.
    public @Nullable PackedItems packed() {
        return null;
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
        return Collections.unmodifiableList(Arrays.asList(items).subList(0, size));
    }

    /// The number of items.
    public int size() {
        return size;
    }

    /// One item.
    ///
    /// @throws IndexOutOfBoundsException if there is no such item
    public PickleValue get(int index) {
        return items[java.util.Objects.checkIndex(index, size)];
    }

    @Override
    public String toString() {
        return kind + " of " + size();
    }
}
