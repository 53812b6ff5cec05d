package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A dictionary: its entries in order. Keys are not compared while the pickle runs, because comparing them can take
/// exponential time.
public final class DictNode implements PickleValue.Dict {
    final Pairs pairs = new Pairs();

    /// A dictionary with text for keys.
    public static DictNode of(Map<String, ? extends PickleValue> entries) {
        DictNode dict = new DictNode();
        entries.forEach((key, value) -> dict.pairs.put(new TextNode(key, key.length()), value));
        return dict;
    }

    @Override
    public List<PickleValue.Entry> entries() {
        return pairs;
    }

    /// The value that a text key has at the end, or null.
    public @Nullable PickleValue find(String key) {
        return pairs.find(key);
    }

    @Override
    public String toString() {
        return "dict of " + pairs.size();
    }
}
