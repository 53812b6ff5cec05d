package dev.modelfile.json;

import java.util.BitSet;

/// The open containers around a place, a bit each.
final class Nesting {
    private final BitSet objects;
    private int depth;

    Nesting(int maxDepth) {
        this.objects = new BitSet(Math.min(maxDepth, 1024));
    }

    int depth() {
        return depth;
    }

    boolean inObject() {
        return objects.get(depth - 1);
    }

    void open(boolean object) {
        objects.set(depth++, object);
    }

    void close() {
        depth--;
    }
}
