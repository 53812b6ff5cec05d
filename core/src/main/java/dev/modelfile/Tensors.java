package dev.modelfile;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.RandomAccess;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// The tensors of a model, in the order of the file, and by name. Immutable.
public final class Tensors extends AbstractList<Tensor> implements RandomAccess {
    private static final int UNUSED = -1;

    private final Tensor[] tensors;

    /// Unknown to whoever wrote the file, so that names cannot be chosen to collide.
    private final long multiplier = ThreadLocalRandom.current().nextLong() | 1;

    /// Made when the first name is asked for: a listing needs none.
    private volatile @Nullable Names byName;

    /// Where names are.
    ///
    /// @param table open addressing over positions in `tensors`: a map of objects would cost more than the tensors
    /// @param duplicate the first name that occurs twice
    private record Names(int[] table, @Nullable String duplicate) {}

    private Tensors(Tensor[] tensors) {
        this.tensors = tensors;
    }

    /// Threads may make it at the same time; the results are equal.
    private Names byName() {
        Names known = byName;
        if (known == null) {
            known = makeNames();
            byName = known;
        }
        return known;
    }

    private Names makeNames() {
        int[] table = new int[Integer.highestOneBit(Math.max(2, tensors.length)) * 4];
        Arrays.fill(table, UNUSED);
        String twice = null;
        for (int i = 0; i < tensors.length; i++) {
            int slot = slot(table, tensors[i].name());
            if (table[slot] == UNUSED) {
                table[slot] = i;
            } else if (twice == null) {
                twice = tensors[i].name();
            }
        }
        return new Names(table, twice);
    }

    /// Makes an index of tensors in the given order. Of several with one name, only the first is found by name.
    public static Tensors of(List<Tensor> tensors) {
        return new Tensors(tensors.toArray(new Tensor[0]));
    }

    private int slot(int[] table, String name) {
        long hash = multiplier;
        for (int i = 0; i < name.length(); i++) {
            // Without the shift this would be a polynomial, and some strings collide under every multiplier.
            hash = (hash ^ hash >>> 32 ^ name.charAt(i)) * multiplier;
        }
        int slot = (int) (hash >>> 33) & (table.length - 1);
        while (table[slot] != UNUSED && !tensors[table[slot]].name().equals(name)) {
            slot = (slot + 1) & (table.length - 1);
        }
        return slot;
    }

    private int position(String name) {
        int[] table = byName().table();
        return table[slot(table, name)];
    }

    @Override
    public Tensor get(int position) {
        return tensors[position];
    }

    @Override
    public int size() {
        return tensors.length;
    }

    /// The tensor of a name, if there is one.
    public Optional<Tensor> find(String name) {
        int at = position(name);
        return at == UNUSED ? Optional.empty() : Optional.of(tensors[at]);
    }

    /// The tensor of a name.
    ///
    /// @throws java.util.NoSuchElementException if there is none; the message names the nearest one
    public Tensor get(String name) {
        int at = position(name);
        if (at == UNUSED) {
            throw Nearest.missing("tensor", name, names());
        }
        return tensors[at];
    }

    /// Whether there is a tensor of this name.
    public boolean has(String name) {
        return position(name) != UNUSED;
    }

    /// The first name that occurs twice, or null.
    public @Nullable String duplicate() {
        return byName().duplicate();
    }

    /// All names in order.
    public List<String> names() {
        return stream().map(Tensor::name).toList();
    }

    /// The sum of all sizes in bytes.
    ///
    /// @throws ArithmeticException if it does not fit a `long`
    public long byteSize() {
        return stream().mapToLong(Tensor::byteSize).reduce(0, Math::addExact);
    }
}
