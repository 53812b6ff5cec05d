package dev.modelfile.gguf.shard;

import dev.modelfile.Value;
import dev.modelfile.Value.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;

/// The keys by which the shards of a model know each other, and the division of tensors.
public final class Splits {
    /// U16, position of the shard, counted from 0.
    public static final String NUMBER = "split.no";
    /// U16, number of shards; 0 in a file that `llama-gguf-split` has merged.
    public static final String COUNT = "split.count";
    /// I32, number of tensors of all shards.
    public static final String TENSORS = "split.tensors.count";
    /// All of them, in the order in which `llama-gguf-split` writes them.
    public static final List<String> KEYS = List.of(NUMBER, TENSORS, COUNT);
    /// The keys are of 16 bits; names, with five digits, could count further.
    public static final int MOST = 65_535;

    private Splits() {}

    /// A number among the key-value pairs, if it is there and not negative.
    public static OptionalLong number(Map<String, Value> metadata, String key) {
        return metadata.get(key) instanceof Value.Int number && number.bits() >= 0
                ? OptionalLong.of(number.bits())
                : OptionalLong.empty();
    }

    /// Sets the keys of one shard.
    ///
    /// @param order the keys in the order in which they are to stand, see [#order]
    public static void put(Map<String, Value> metadata, List<String> order, int number, int count, int tensors) {
        for (String key : order) {
            metadata.put(
                    key,
                    switch (key) {
                        case NUMBER -> new Value.Int(Type.U16, number);
                        case COUNT -> new Value.Int(Type.U16, count);
                        default -> new Value.Int(Type.I32, tensors);
                    });
        }
    }

    /// The keys in the order that a model has them in, if it has all of them; gguf-py's is another than that of
    /// `llama-gguf-split`.
    public static List<String> order(Map<String, Value> metadata) {
        List<String> present = metadata.keySet().stream().filter(KEYS::contains).toList();
        return present.size() == KEYS.size() ? present : KEYS;
    }

    /// Divides items into shards, greedily and in their order, as `llama-gguf-split` does: a shard is closed when the
    /// next item would exceed a bound. An item above the bound gets a shard of its own.
    ///
    /// @param maxBytes bound on the bytes of one shard, 0 for none
    /// @param maxItems bound on the items of one shard, 0 for none
    public static <T> List<List<T>> divide(List<T> items, ToLongFunction<T> size, long maxBytes, int maxItems) {
        List<List<T>> shards = new ArrayList<>();
        List<T> current = new ArrayList<>();
        long bytes = 0;
        for (T item : items) {
            long next = size.applyAsLong(item);
            boolean full = maxItems > 0 && current.size() >= maxItems || maxBytes > 0 && next > maxBytes - bytes;
            if (full && !current.isEmpty()) {
                shards.add(current);
                current = new ArrayList<>();
                bytes = 0;
            }
            current.add(item);
            bytes += next;
        }
        shards.add(current);
        return shards;
    }
}
