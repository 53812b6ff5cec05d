package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.Trace;
import dev.modelfile.io.Region;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The element types of NumPy in a pickle. NumPy believes the state that a file gives them: with wrong flags, numbers
/// become addresses of objects, and with wrong offsets fields lie outside of their elements.
///
/// Source: `arraydescr_reduce` and `arraydescr_setstate` of NumPy 2.
final class ElementTypes {
    private static final int OBJECT_FLAGS = 63;
    /// References, pickled as lists: both or none.
    private static final int REFERENCES = 3;
    /// References, pickled as lists, pointers.
    private static final int ANY_REFERENCES = 7;
    /// Where a state has its parts.
    private static final int BASE = 2, NAMES = 3, FIELDS = 4, SIZE = 5, FLAGS = 7;

    private static final int HEAP = 64;
    private static final int MOST_PER_OBJECT = 1 << 16;

    private final Trace trace;
    private final Set<Long> withObjects = new HashSet<>();
    /// Types of records that have their state, or that something is made of.
    private final Set<Long> settled = new HashSet<>();

    ElementTypes(Trace trace) {
        this.trace = trace;
    }

    /// Whether a value is an element type, made by its name or by its class.
    boolean isType(long value) {
        return trace.isCallOf(value, "numpy", "dtype") || trace.isCallOf(value, "numpy.dtypes");
    }

    /// How NumPy spells a type; empty if that is not known.
    String code(long type) throws ModelFormatException {
        long code = trace.isCallOf(type, "numpy", "dtype") ? trace.item(trace.arguments(type), 0) : 0;
        return Trace.kind(code) == Trace.TEXT && trace.byteSize(code) <= 12 ? trace.text(code) : "";
    }

    /// The bytes of an element, -1 if that is not known.
    long unit(long type) throws ModelFormatException {
        String code = code(type);
        if (!code.matches("[biufcmMSUVO][0-9]{1,9}")) {
            return -1;
        }
        long number = Long.parseLong(code.substring(1));
        return code.startsWith("U") ? 4 * number : number;
    }

    /// Whether elements of a type are objects or hold some.
    boolean holdsObjects(long type) throws ModelFormatException {
        return withObjects.contains(type) || code(type).startsWith("O");
    }

    /// Whether a type has objects or is spelled in a way that is not understood.
    boolean mayHoldObjects(long type) throws ModelFormatException {
        boolean spelled = trace.isCallOf(type, "numpy", "dtype")
                && Trace.kind(trace.item(trace.arguments(type), 0)) == Trace.TEXT;
        return holdsObjects(type) || (spelled && unit(type) < 0);
    }

    /// Notes that something is made of a type: changing it from then on would change what that is.
    void use(long type, Budget budget, Region stream) throws ModelFormatException {
        if (isRecord(type) && settled.add(type)) {
            budget.heap(HEAP, stream, -1);
        }
    }

    /// What is wrong with the state of an array if its elements are objects, or null. NumPy takes memory for all of
    /// them before it looks at the list.
    @Nullable
    String objects(long state, int shape, int type, Region stream) throws ModelFormatException {
        if (!mayHoldObjects(trace.item(state, type))) {
            return null;
        }
        long unit = unit(trace.item(state, type));
        long count = Calls.count(trace, trace.item(state, shape));
        boolean fits = unit >= 0 && count >= 0 && count <= stream.size() && unit <= MOST_PER_OBJECT;
        return fits ? null : "an array of more objects than there are in the file";
    }

    private boolean isRecord(long type) throws ModelFormatException {
        return isType(type) && (code(type).startsWith("V") || isOfClass(type));
    }

    /// Whether a type is named by a class: records have one, and so have the types of other libraries.
    private boolean isOfClass(long type) {
        return trace.isCallOf(type, "numpy", "dtype")
                && Trace.kind(trace.item(trace.arguments(type), 0)) == Trace.GLOBAL;
    }

    /// What is wrong with a state for a type, or null.
    @Nullable
    String problem(long type, long state, Budget budget, Region stream) throws ModelFormatException {
        long size = trace.item(state, SIZE);
        long unit = unit(type);
        boolean named = isOfClass(type);
        unit = named && unit < 0 ? Trace.number(size) : unit;
        if ((unit < 0 && !named) || trace.length(state) <= SIZE || Trace.kind(size) != Trace.INT) {
            return "a state for an element type that is not understood";
        }
        if (settled.contains(type)) {
            return "an element type that changes after it is used";
        }
        use(type, budget, stream);
        boolean plain = trace.item(state, BASE) == 0 && trace.item(state, NAMES) == 0 && trace.item(state, FIELDS) == 0;
        if (!plain && !isRecord(type)) {
            return "parts of an element type that has none";
        }
        Parts parts = plain ? new Parts(true, code(type).startsWith("O")) : parts(state, unit, budget, stream);
        if (!parts.fit() || (Trace.number(size) != unit && Trace.number(size) != -1)) {
            return "an element type whose parts do not fit its size";
        }
        if (parts.objects()) {
            budget.heap(HEAP, stream, -1);
            withObjects.add(type);
        }
        // Older states have no flags; NumPy then finds out for itself.
        boolean flagged =
                trace.length(state) <= FLAGS || haveRightFlags(trace.item(state, FLAGS), plain, parts.objects());
        return flagged ? null : "an element type whose flags make NumPy take numbers for addresses";
    }

    private static boolean haveRightFlags(long flags, boolean plain, boolean objects) {
        long bits = Trace.kind(flags) == Trace.INT ? Trace.number(flags) : -1;
        if (objects) {
            return plain ? bits == OBJECT_FLAGS : bits > 0 && (bits & REFERENCES) == REFERENCES;
        }
        return bits >= 0 && (bits & ANY_REFERENCES) == 0;
    }

    /// What a type is made of.
    ///
    /// @param fit whether all of it lies inside the elements
    /// @param objects whether there are objects in it
    private record Parts(boolean fit, boolean objects) {
        Parts and(Parts other) {
            return new Parts(fit && other.fit, objects || other.objects);
        }
    }

    private Parts parts(long state, long unit, Budget budget, Region stream) throws ModelFormatException {
        long base = trace.item(state, BASE);
        if (base != 0) {
            use(trace.item(base, 0), budget, stream);
            return part(trace.item(base, 0), 0, repeated(trace.item(base, 1)), unit);
        }
        long[] fields = trace.entries(trace.item(state, FIELDS));
        Parts parts = new Parts(fields != null, false);
        for (long field : fields == null ? new long[0] : fields) {
            use(trace.item(field, 0), budget, stream);
            long offset = trace.item(field, 1);
            long at = Trace.kind(offset) == Trace.INT ? Trace.number(offset) : -1;
            parts = parts.and(part(trace.item(field, 0), at, 1, unit));
        }
        return parts;
    }

    private Parts part(long type, long offset, long count, long unit) throws ModelFormatException {
        long size = unit(type);
        boolean inside = size >= 0 && offset >= 0 && offset <= unit && count >= 0;
        return new Parts(inside && (size == 0 || count <= (unit - offset) / size), holdsObjects(type));
    }

    private long repeated(long shape) {
        if (Trace.kind(shape) == Trace.INT) {
            return Trace.number(shape);
        }
        return Calls.count(trace, shape);
    }
}
