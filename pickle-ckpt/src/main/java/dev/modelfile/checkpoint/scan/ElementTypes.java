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
    private static final int VERSION = 0, BASE = 2, NAMES = 3, FIELDS = 4, SIZE = 5, FLAGS = 7;
    /// The versions of states that have all these parts.
    private static final int FIRST_VERSION = 3, LAST_VERSION = 4;
    /// Where the state of an array has its parts.
    private static final int ARRAY_SHAPE = 1, ARRAY_TYPE = 2, ARRAY_CONTENT = 4;

    private static final int HEAP = 64;
    private static final int MOST_PER_OBJECT = 1 << 16;

    private final Trace trace;
    private final Set<Long> withObjects = new HashSet<>();
    /// Types of records that have their state, or that something is made of.
    private final Set<Long> settled = new HashSet<>();
    /// Arrays and wrappers that have their state.
    private final Set<Long> filled = new HashSet<>();

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

    /// Notes that an array, or the wrapper of one, gets its state; false if it has one.
    boolean fill(long array, Budget budget, Region stream) throws ModelFormatException {
        budget.heap(HEAP, stream, -1);
        return filled.add(array);
    }

    /// What is wrong with the state of an array, or null. NumPy also takes states without a version, and lists; it
    /// frees the elements that an array had, whoever still uses them.
    @Nullable
    String arrayProblem(long array, long state, Budget budget, Region stream) throws ModelFormatException {
        if (!fill(array, budget, stream)) {
            return "an array that gets other elements";
        }
        if (trace.length(state) <= ARRAY_CONTENT || Trace.kind(trace.item(state, ARRAY_SHAPE)) != Trace.TUPLE) {
            return "a state for an array as NumPy does not write it";
        }
        return mayHoldObjects(trace.item(state, ARRAY_TYPE)) ? objects(state, stream) : null;
    }

    /// What is wrong with the state of an array of objects, or null. NumPy takes memory for all of them before it looks
    /// at the list, and reads on behind its end.
    private @Nullable String objects(long state, Region stream) throws ModelFormatException {
        long unit = unit(trace.item(state, ARRAY_TYPE));
        long count = Calls.count(trace, trace.item(state, ARRAY_SHAPE));
        boolean fits = unit >= 0 && count >= 0 && count <= stream.size() && unit <= MOST_PER_OBJECT;
        if (!fits) {
            return "an array of more objects than there are in the file";
        }
        return trace.items(trace.item(state, ARRAY_CONTENT)) == count
                ? null
                : "an array of objects whose list has another length";
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
        if ((unit < 0 && !named) || !hasAllParts(state) || Trace.kind(size) != Trace.INT) {
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
        return haveRightFlags(trace.item(state, FLAGS), plain, parts.objects())
                ? null
                : "an element type whose flags make NumPy take numbers for addresses";
    }

    /// Whether a state has its parts where NumPy has them today; shorter ones have others in their places.
    private boolean hasAllParts(long state) {
        long version = trace.item(state, VERSION);
        return trace.length(state) > FLAGS
                && Trace.kind(version) == Trace.INT
                && Trace.number(version) >= FIRST_VERSION
                && Trace.number(version) <= LAST_VERSION;
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
            if (trace.item(state, NAMES) != 0 || trace.item(state, FIELDS) != 0) {
                return new Parts(false, false);
            }
            use(trace.item(base, 0), budget, stream);
            return part(trace.item(base, 0), 0, repeated(trace.item(base, 1)), unit);
        }
        long[] fields = trace.entries(trace.item(state, FIELDS));
        Parts parts = new Parts(fields != null && areNamed(state), false);
        trace.freeze(trace.item(state, FIELDS));
        for (long field : fields == null ? new long[0] : fields) {
            use(trace.item(field, 0), budget, stream);
            long offset = trace.item(field, 1);
            long at = Trace.kind(offset) == Trace.INT ? Trace.number(offset) : -1;
            parts = parts.and(part(trace.item(field, 0), at, 1, unit));
        }
        return parts;
    }

    private boolean areNamed(long state) {
        long names = trace.item(state, NAMES);
        boolean named = Trace.kind(names) == Trace.TUPLE;
        for (int i = 0; i < trace.length(names) && named; i++) {
            named = Trace.kind(trace.item(names, i)) == Trace.TEXT;
        }
        return named;
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
