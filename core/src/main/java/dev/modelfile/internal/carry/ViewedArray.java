package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import java.util.function.UnaryOperator;

/// An array whose elements are those of another in another type.
///
/// @param elementType the type
/// @param base the other array
/// @param change makes one element of the other's
record ViewedArray(Type elementType, Value.Array base, UnaryOperator<Value> change) implements Value.Array {
    @Override
    public long size() {
        return base.size();
    }

    @Override
    public Value get(long index) {
        return change.apply(base.get(index));
    }

    @Override
    public String toString() {
        return base.toString();
    }
}
