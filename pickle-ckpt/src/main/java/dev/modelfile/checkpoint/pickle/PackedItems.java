package dev.modelfile.checkpoint.pickle;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.io.Region;
import dev.modelfile.spi.Landmarks;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/// Plain values of a long list that stay in the stream and are made when they are asked for. Only where they are is
/// known, and only of a few of them.
public final class PackedItems extends AbstractList<PickleValue> implements RandomAccess {
    /// Heap of a landmark.
    static final int MARK = 2 * Long.BYTES;

    private final Region stream;
    private final Budget budget;
    private final Landmarks<PickleValue> places = new Landmarks<>();
    private @Nullable Class<?> kind;
    private boolean alike = true;
    private long saved;

    PackedItems(Region stream, Budget budget) {
        this.stream = stream;
        this.budget = budget;
    }

    /// Adds the values of a run. They are counted for no longer, unless something else holds them.
    void add(PlainRun run, PickleValue[] values) throws ModelFormatException {
        places.cut();
        kind = kind == null ? values[0].getClass() : kind;
        for (int i = 0; i < values.length; i++) {
            alike &= values[i].getClass() == kind;
            if (places.add(run.offsets()[i])) {
                budget.heap(MARK, stream, run.offsets()[i]);
            }
        }
        budget.release(run.isShared() ? 0 : run.heap());
        saved += run.heap();
    }

    /// What all the values would take.
    long saved() {
        return saved;
    }

    /// Whether all values are of one kind.
    public boolean isAlike() {
        return alike;
    }

    @Override
    public PickleValue get(int index) {
        return places.get(index, this::decode);
    }

    @Override
    public int size() {
        return (int) Math.min(Integer.MAX_VALUE, places.size());
    }

    private List<PickleValue> decode(long position, int count) {
        try {
            PickleInput input = new PickleInput(stream, position);
            Arguments arguments = new Arguments(stream, input, new Budget(budget.limits()), PickleObserver.NONE);
            List<PickleValue> values = new ArrayList<>(count);
            while (values.size() < count) {
                long at = input.position();
                int opcode = input.u8();
                if (!arguments.skip(opcode, at)) {
                    values.add(arguments.plain(opcode, at));
                }
            }
            return values;
        } catch (ModelFormatException changed) {
            throw new IllegalStateException("the file has changed since it was opened", changed);
        }
    }
}
