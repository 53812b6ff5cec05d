package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A list, whose values stay in the stream if they are many and plain.
final class ListNode extends SequenceNode {
    private @Nullable PackedItems packed;

    ListNode() {
        super(PickleValue.Kind.LIST);
    }

    /// Makes an empty list one whose values stay in the stream.
    void pack(PackedItems plain) {
        packed = plain;
    }

    /// Makes the values objects, because others are to follow.
    void unpack() {
        PackedItems plain = packed;
        packed = null;
        if (plain != null) {
            plain.forEach(this::add);
        }
    }

    @Override
    public @Nullable PackedItems packed() {
        return packed;
    }

    @Override
    public List<PickleValue> items() {
        return packed != null ? packed : super.items();
    }

    @Override
    public int size() {
        return packed != null ? packed.size() : super.size();
    }

    @Override
    public PickleValue get(int index) {
        return packed != null ? packed.get(index) : super.get(index);
    }
}
