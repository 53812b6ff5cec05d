package dev.modelfile.checkpoint.pickle;

import dev.modelfile.LimitExceededException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.io.Region;
import java.util.Arrays;

/// Where the plain values are that were pushed last, with nothing between them but opcodes that leave the stack alone.
final class PlainRun {
    /// Python writes lists in batches of 1000; longer runs are not followed to their end.
    private static final int MOST = 1 << 20;

    private final Region stream;
    private final Budget budget;
    private long[] offsets = new long[64];
    private int count;
    private long end = -1;
    private long heap;
    private boolean shared;

    PlainRun(Region stream, Budget budget) {
        this.stream = stream;
        this.budget = budget;
    }

    /// Adds a value if it is one that neither holds others nor bytes of the file.
    ///
    /// @param at where its opcode is
    /// @param behind where the next opcode is
    /// @param counted heap that was counted for it
    void add(PickleValue value, long at, long behind, long counted) throws LimitExceededException {
        if (!isPlain(value)) {
            return;
        }
        if (at != end) {
            count = 0;
            heap = 0;
            shared = false;
        }
        if (count == offsets.length && count < MOST) {
            budget.heap((long) Long.BYTES * count, stream, at);
            offsets = Arrays.copyOf(offsets, 2 * count);
        }
        if (count < offsets.length) {
            offsets[count++] = at;
            heap += counted;
            end = behind;
        }
    }

    private static boolean isPlain(PickleValue value) {
        return value instanceof TextNode
                || value instanceof PickleValue.Int
                || value instanceof PickleValue.Real
                || value instanceof PickleValue.Bool
                || value instanceof PickleValue.None;
    }

    /// An opcode that leaves the stack alone.
    void pass(long at, long behind) {
        end = at == end ? behind : end;
    }

    /// Where the last value is, if what comes at this place is just behind it; else -1.
    long last(long at) {
        return at == end ? offsets[count - 1] : -1;
    }

    /// Says that something else holds a value of the run.
    void share() {
        shared = true;
    }

    /// Whether the run is so many values, and what comes at this place is just behind it.
    boolean is(int length, long at) {
        return at == end && count == length;
    }

    /// Where the values are; there may be room behind.
    long[] offsets() {
        return offsets;
    }

    /// The heap that was counted for the values.
    long heap() {
        return heap;
    }

    /// Whether something else holds some of the values.
    boolean isShared() {
        return shared;
    }
}
