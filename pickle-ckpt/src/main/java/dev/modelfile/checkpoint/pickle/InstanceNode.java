package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A call that is only described.
public final class InstanceNode implements PickleValue.Instance {
    private final PickleValue.Construction construction;
    private final PickleValue callable;
    private final PickleValue arguments;
    private final @Nullable PickleValue keywords;
    private final long offset;
    private @Nullable List<PickleValue> states;
    private @Nullable SequenceNode items;
    private @Nullable DictNode entries;

    InstanceNode(
            PickleValue.Construction construction,
            PickleValue callable,
            PickleValue arguments,
            @Nullable PickleValue keywords,
            long offset) {
        this.construction = construction;
        this.callable = callable;
        this.arguments = arguments;
        this.keywords = keywords;
        this.offset = offset;
    }

    void state(PickleValue state) {
        if (states == null) {
            states = new ArrayList<>(1);
        }
        states.add(state);
    }

    void add(PickleValue item) {
        if (items == null) {
            items = new SequenceNode(PickleValue.Kind.LIST);
        }
        items.add(item);
    }

    void put(PickleValue key, PickleValue value) {
        if (entries == null) {
            entries = new DictNode();
        }
        entries.pairs.put(key, value);
    }

    @Override
    public PickleValue.Construction construction() {
        return construction;
    }

    @Override
    public PickleValue callable() {
        return callable;
    }

    @Override
    public PickleValue arguments() {
        return arguments;
    }

    @Override
    public @Nullable PickleValue keywords() {
        return keywords;
    }

    @Override
    public List<PickleValue> states() {
        return states == null ? List.of() : Collections.unmodifiableList(states);
    }

    @Override
    public List<PickleValue> items() {
        return items == null ? List.of() : items.items();
    }

    @Override
    public List<PickleValue.Entry> entries() {
        return entries == null ? List.of() : entries.entries();
    }

    /// The value that a text key has at the end, or null.
    public @Nullable PickleValue find(String key) {
        return entries == null ? null : entries.find(key);
    }

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public boolean isCallOf(String module, String name) {
        return callable instanceof PickleValue.Global global
                && global.name().equals(name)
                && global.module().equals(module);
    }

    /// The argument at a position, or null if there is none.
    public @Nullable PickleValue argument(int index) {
        return arguments instanceof SequenceNode tuple && index < tuple.size() ? tuple.get(index) : null;
    }

    @Override
    public String toString() {
        return construction + " of " + (callable instanceof PickleValue.Global global ? global : "a value") + " @ 0x"
                + Long.toHexString(offset);
    }
}
