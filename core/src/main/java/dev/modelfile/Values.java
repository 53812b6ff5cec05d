package dev.modelfile;

import dev.modelfile.spi.Printable;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Arrays of metadata values and what is common to them.
final class Values {
    private Values() {}

    /// Arrays that are held as objects. Equality does not ask which implementation holds an array.
    record ListArray(Value.Type elementType, List<Value> values) implements Value.Array {
        @Override
        public long size() {
            return values.size();
        }

        @Override
        public Value get(long index) {
            return values.get(Math.toIntExact(index));
        }

        @Override
        public String toString() {
            return Printable.of(this);
        }
    }

    /// Whether two values have the same type and content, looking into arrays of any implementation.
    static boolean equal(Value a, Value b) {
        if (a instanceof Value.Table left && b instanceof Value.Table right) {
            return equal(left.entries(), right.entries());
        }
        if (!(a instanceof Value.Array left) || !(b instanceof Value.Array right)) {
            return a.equals(b);
        }
        if (left.elementType() != right.elementType() || left.size() != right.size()) {
            return false;
        }
        for (long i = 0; i < left.size(); i++) {
            if (!equal(left.get(i), right.get(i))) {
                return false;
            }
        }
        return true;
    }

    /// Whether two tables have the same keys with equal values, in any order.
    static boolean equal(Map<String, Value> left, Map<String, Value> right) {
        return left.keySet().equals(right.keySet())
                && left.entrySet().stream()
                        .allMatch(e -> equal(e.getValue(), Objects.requireNonNull(right.get(e.getKey()))));
    }
}
