package dev.modelfile.spi;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Where the elements of a long sequence are that lie one behind the other, each as long as it is. Costs two numbers
/// for every few dozen elements; those are decoded together when one of them is asked for, and kept until others are.
///
/// @param <T> what an element is decoded into
public final class Landmarks<T> {
    private static final int MOST_ELEMENTS = 32;
    private static final long MOST_BYTES = 4096;

    private long[] firsts = new long[4];
    private long[] positions = new long[4];
    private int count;
    private long size;
    private boolean cut = true;
    private volatile @Nullable Decoded<T> latest;

    /// Decodes elements.
    ///
    /// @param <T> what an element is decoded into
    @FunctionalInterface
    public interface Decoder<T> {
        /// Decodes some elements that lie one behind the other.
        ///
        /// @param position where the first one begins
        /// @param count how many
        List<T> decode(long position, int count);
    }

    private record Decoded<T>(long first, List<T> elements) {}

    /// Makes landmarks of nothing.
    public Landmarks() {}

    /// Adds an element. All have to be added before the first one is asked for.
    ///
    /// @param position where it begins
    /// @return whether this took room on the heap
    public boolean add(long position) {
        boolean sets =
                cut || size - firsts[count - 1] >= MOST_ELEMENTS || position - positions[count - 1] >= MOST_BYTES;
        if (sets) {
            if (count == firsts.length) {
                firsts = Arrays.copyOf(firsts, 2 * count);
                positions = Arrays.copyOf(positions, 2 * count);
            }
            firsts[count] = size;
            positions[count++] = position;
            cut = false;
        }
        size++;
        return sets;
    }

    /// Says that the next element does not lie just behind the last one.
    public void cut() {
        cut = true;
    }

    /// The number of elements.
    public long size() {
        return size;
    }

    /// One element.
    ///
    /// @throws IndexOutOfBoundsException if there is no such element
    public T get(long index, Decoder<T> decoder) {
        Objects.checkIndex(index, size);
        Decoded<T> known = latest;
        if (known == null
                || index < known.first()
                || index - known.first() >= known.elements().size()) {
            int slot = Arrays.binarySearch(firsts, 0, count, index);
            slot = slot < 0 ? -slot - 2 : slot;
            long end = slot + 1 < count ? firsts[slot + 1] : size;
            known = new Decoded<>(firsts[slot], decoder.decode(positions[slot], (int) (end - firsts[slot])));
            latest = known;
        }
        return known.elements().get((int) (index - known.first()));
    }
}
