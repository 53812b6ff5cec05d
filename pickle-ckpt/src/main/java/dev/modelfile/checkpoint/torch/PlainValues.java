package dev.modelfile.checkpoint.torch;

import dev.modelfile.LimitExceededException;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.pickle.PackedItems;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// Plain Python values as one metadata value each, with lists and dictionaries kept whole. That is how files written
/// here carry metadata; elsewhere dictionaries become dotted names.
final class PlainValues {
    private static final int HEAP_PER_VALUE = 64;

    private final StorageTable table;

    PlainValues(StorageTable table) {
        this.table = table;
    }

    /// The value, or null if something in it is not plain.
    ///
    /// @throws LimitExceededException if it is too deep or too large
    @Nullable
    Value of(PickleValue value) throws LimitExceededException {
        return of(value, 0);
    }

    private @Nullable Value of(PickleValue value, int depth) throws LimitExceededException {
        table.heap(HEAP_PER_VALUE);
        if (depth > table.budget().limits().maxDepth()) {
            throw table.place()
                    .limit(
                            "maxDepth",
                            "",
                            -1,
                            "more than " + table.budget().limits().maxDepth() + " values inside each other");
        }
        return switch (value) {
            case SequenceNode sequence -> array(sequence, depth);
            case DictNode dict -> dict(dict, depth);
            default -> Leaves.of(value);
        };
    }

    private @Nullable Value array(SequenceNode sequence, int depth) throws LimitExceededException {
        PackedItems packed = sequence.packed();
        if (packed != null) {
            return new PackedArray(packed);
        }
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < sequence.size(); i++) {
            Value item = of(sequence.get(i), depth + 1);
            if (item == null) {
                return null;
            }
            values.add(item);
        }
        return Value.array(values);
    }

    private @Nullable Value dict(DictNode dict, int depth) throws LimitExceededException {
        SequencedMap<String, Value> entries = new LinkedHashMap<>();
        for (PickleValue.Entry entry : dict.entries()) {
            Value item = entry.key() instanceof PickleValue.Text ? of(entry.value(), depth + 1) : null;
            if (item == null || !(entry.key() instanceof PickleValue.Text key)) {
                return null;
            }
            table.heap(HEAP_PER_VALUE + 2 * key.byteSize());
            entries.put(key.value(), item);
        }
        return new Value.Table(entries);
    }
}
