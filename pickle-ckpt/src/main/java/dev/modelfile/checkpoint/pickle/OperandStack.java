package dev.modelfile.checkpoint.pickle;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.io.Region;
import java.util.Arrays;

/// The stack of the machine with its marks. As in CPython, nothing reaches below the last mark.
final class OperandStack {
    private final Region stream;
    private final Budget budget;
    private PickleValue[] values = new PickleValue[64];
    private int size;
    private int[] marks = new int[16];
    private int markCount;
    private int fence;

    OperandStack(Region stream, Budget budget) {
        this.stream = stream;
        this.budget = budget;
    }

    void push(PickleValue value) throws LimitExceededException {
        if (size == values.length) {
            budget.heap(4L * size, stream, -1);
            values = Arrays.copyOf(values, size + (size >> 1));
        }
        values[size++] = value;
    }

    boolean atFence() {
        return size == fence;
    }

    PickleValue pop(long at) throws MalformedModelException {
        need(1, at);
        return values[--size];
    }

    PickleValue top(long at) throws MalformedModelException {
        need(1, at);
        return values[size - 1];
    }

    void replaceTop(PickleValue value) {
        values[size - 1] = value;
    }

    private void need(int count, long at) throws MalformedModelException {
        if (size - fence < count) {
            throw stream.malformed("pickle.stack-underflow", "", at, "an opcode finds nothing on the stack");
        }
    }

    void mark() throws LimitExceededException {
        if (markCount == marks.length) {
            budget.heap(4L * markCount, stream, -1);
            marks = Arrays.copyOf(marks, markCount * 2);
        }
        marks[markCount++] = size;
        fence = size;
    }

    /// Takes everything above the last mark, and the mark.
    PickleValue[] popToMark(long at) throws MalformedModelException {
        int from = dropMark(at);
        PickleValue[] taken = from == size ? Constants.NOTHING : Arrays.copyOfRange(values, from, size);
        size = from;
        return taken;
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

    int marks() {
        return markCount;
    }

    int size() {
        return size;
    }
}
