package dev.modelfile;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/// The key-value pairs of a model, in the order of the file. Immutable.
public final class Metadata {
    private static final Metadata EMPTY = new Metadata(new LinkedHashMap<>());

    private final SequencedMap<String, Value> entries;

    private Metadata(SequencedMap<String, Value> entries) {
        this.entries = Collections.unmodifiableSequencedMap(entries);
    }

    /// No metadata.
    public static Metadata empty() {
        return EMPTY;
    }

    /// Metadata with a copy of the entries, in their order.
    public static Metadata of(Map<String, ? extends Value> entries) {
        return entries.isEmpty() ? EMPTY : new Metadata(new LinkedHashMap<>(entries));
    }

    /// The number of entries.
    public int size() {
        return entries.size();
    }

    /// Whether there are no entries.
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /// The keys in file order.
    public Set<String> keys() {
        return entries.keySet();
    }

    /// All entries in file order; unmodifiable.
    public SequencedMap<String, Value> entries() {
        return entries;
    }

    /// The value of a key, if present.
    public Optional<Value> find(String key) {
        return Optional.ofNullable(entries.get(key));
    }

    /// The printed form of a value: the text itself for a string.
    ///
    /// @throws java.util.NoSuchElementException if there is no such key; the message names the nearest one
    public String getString(String key) {
        return get(key).toString();
    }

    /// The value of a key.
    ///
    /// @throws java.util.NoSuchElementException if there is no such key; the message names the nearest one
    public Value get(String key) {
        Value value = entries.get(key);
        if (value == null) {
            throw Nearest.missing("metadata key", key, entries.keySet());
        }
        return value;
    }

    /// A copy in which one key has a new value; a new key goes to the end.
    public Metadata with(String key, Value value) {
        Objects.requireNonNull(value, "value");
        SequencedMap<String, Value> copy = new LinkedHashMap<>(entries);
        copy.put(key, value);
        return new Metadata(copy);
    }

    /// A copy without one key.
    public Metadata without(String key) {
        SequencedMap<String, Value> copy = new LinkedHashMap<>(entries);
        copy.remove(key);
        return new Metadata(copy);
    }

    /// A copy with only the keys that match.
    public Metadata select(Predicate<? super String> matching) {
        SequencedMap<String, Value> copy = new LinkedHashMap<>(entries);
        copy.keySet().removeIf(key -> !matching.test(key));
        return new Metadata(copy);
    }

    /// Whether both hold the same keys with the same typed values, in any order. Arrays are compared element by
    /// element.
    @Override
    public boolean equals(Object other) {
        return other instanceof Metadata that && Values.equal(entries, that.entries);
    }

    @Override
    public int hashCode() {
        return entries.keySet().hashCode();
    }

    /// The entries sorted by key.
    @Override
    public String toString() {
        return new TreeMap<>(entries).toString();
    }
}
