package dev.modelfile.checkpoint.torch;

import dev.modelfile.Value;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.PackedItems;
import dev.modelfile.spi.Printable;
import java.util.Objects;

/// A long list of plain values as metadata, without an object for each.
final class PackedArray implements Value.Array {
    private final PackedItems items;
    private final Type elementType;

    PackedArray(PackedItems items) {
        this.items = items;
        this.elementType = items.isAlike() ? get(0).type() : Type.OPAQUE;
    }

    @Override
    public Type elementType() {
        return elementType;
    }

    @Override
    public long size() {
        return items.size();
    }

    @Override
    public Value get(long index) {
        PickleValue item = items.get((int) Objects.checkIndex(index, size()));
        return Objects.requireNonNull(Leaves.of(item));
    }

    @Override
    public String toString() {
        return Printable.of(this);
    }
}
