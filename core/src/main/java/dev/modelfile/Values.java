package dev.modelfile;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Arrays of metadata values and what is common to them.
final class Values {
    /// How many elements of an array its printed form shows.
    private static final int SHOWN = 8;

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
            return print(this);
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

    static String print(Value.Array array) {
        StringBuilder text = new StringBuilder("[");
        long shown = Math.min(array.size(), SHOWN);
        for (long i = 0; i < shown; i++) {
            text.append(i == 0 ? "" : ", ").append(array.get(i));
        }
        return text.append(array.size() > shown ? ", … " + array.size() + " in all]" : "]")
                .toString();
    }
}
