package dev.modelfile.checkpoint.pickle;

import dev.modelfile.LimitExceededException;
import dev.modelfile.io.Region;
import java.util.Arrays;

/// A long array that grows by pages, so that growing copies nothing.
final class LongPages {
    private static final int BITS = 13;
    private static final int PAGE = 1 << BITS;

    private final Region stream;
    private final Budget budget;
    private long[][] pages = new long[8][];
    private int count;

    LongPages(Region stream, Budget budget) {
        this.stream = stream;
        this.budget = budget;
    }

    long get(int index) {
        return pages[index >>> BITS][index & PAGE - 1];
    }

    void set(int index, long value) {
        pages[index >>> BITS][index & PAGE - 1] = value;
    }

    /// How many elements there are; those that were not set are 0.
    int size() {
        return count << BITS;
    }

    /// Makes room for some elements.
    void grow(int size) throws LimitExceededException {
        while (size() < size) {
            if (count == Integer.MAX_VALUE >> BITS) {
                throw stream.limit("maxHeapBytes", "", -1, "more values than one array can hold");
            }
            budget.heap((long) Long.BYTES * PAGE + Long.BYTES, stream, -1);
            if (count == pages.length) {
                pages = Arrays.copyOf(pages, 2 * count);
            }
            pages[count++] = new long[PAGE];
        }
    }
}
