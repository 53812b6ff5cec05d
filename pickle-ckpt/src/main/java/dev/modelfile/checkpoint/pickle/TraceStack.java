package dev.modelfile.checkpoint.pickle;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.io.Region;
import java.util.Arrays;

/// The stack of a [TraceMachine] with its marks. As in CPython, nothing reaches below the last mark.
final class TraceStack {
    private final Region stream;
    private final Budget budget;
    private long[] values = new long[64];
    private int size;
    private int[] marks = new int[16];
    private int markCount;
    private int fence;

    TraceStack(Region stream, Budget budget) {
        this.stream = stream;
        this.budget = budget;
    }

    void push(long value) throws LimitExceededException {
        if (size == values.length) {
            grow();
        }
        values[size++] = value;
    }

    private void grow() throws LimitExceededException {
        int more = size + (size >> 1);
        budget.heap((long) Long.BYTES * more, stream, -1);
        values = Arrays.copyOf(values, more);
        budget.release((long) Long.BYTES * size);
    }

    long pop(long at) throws MalformedModelException {
        if (size == fence) {
            throw empty(at);
        }
        return values[--size];
    }

    long top(long at) throws MalformedModelException {
        if (size == fence) {
            throw empty(at);
        }
        return values[size - 1];
    }

    private MalformedModelException empty(long at) {
        return stream.malformed("pickle.stack-underflow", "", at, "an opcode finds nothing on the stack");
    }

    /// Takes some values; they stay in [#values()] from [#size()] on.
    void take(int count, long at) throws MalformedModelException {
        if (size - fence < count) {
            throw empty(at);
        }
        size -= count;
    }

    void mark() throws LimitExceededException {
        if (markCount == marks.length) {
            budget.heap((long) Integer.BYTES * 2 * markCount, stream, -1);
            marks = Arrays.copyOf(marks, markCount * 2);
            budget.release((long) Integer.BYTES * markCount);
        }
        marks[markCount++] = size;
        fence = size;
    }

    /// Takes everything above the last mark, and the mark; the values stay in [#values()] from [#size()] on.
    ///
    /// @return how many there are
    int popToMark(long at) throws MalformedModelException {
        int from = dropMark(at);
        int count = size - from;
        size = from;
        return count;
    }

    /// Forgets the last mark but leaves what is above it; returns where that begins.
    int dropMark(long at) throws MalformedModelException {
        if (markCount == 0) {
            throw stream.malformed("pickle.no-mark", "", at, "an opcode finds no MARK");
        }
        int from = marks[--markCount];
        fence = markCount == 0 ? 0 : marks[markCount - 1];
        return from;
    }

    /// Whether the last mark is on top.
    boolean isMarkOnTop() {
        return size == fence && markCount > 0;
    }

    long[] values() {
        return values;
    }

    int size() {
        return size;
    }
}
