package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.Trace;
import dev.modelfile.io.Region;

/// Joblib puts the elements of arrays between the opcodes: behind the state of each array's wrapper. How many bytes
/// these are has to be known exactly, or what follows would not be what joblib reads.
final class Joblib {
    private static final String MODULE = "joblib.numpy_pickle";
    private static final String WRAPPER = "NumpyArrayWrapper";
    private static final String PADDED = "numpy_array_alignment_bytes";
    /// NumPy's own bound is 64.
    private static final int MOST_DIMENSIONS = 64;

    private final Trace trace;
    private final ElementTypes types;

    Joblib(Trace trace, ElementTypes types) {
        this.trace = trace;
        this.types = types;
    }

    static boolean isWrapper(PickleValue.Global global) {
        return global.module().equals(MODULE) && global.name().equals(WRAPPER);
    }

    /// Whether a value is the wrapper of an array, behind whose state joblib reads elements.
    boolean isArray(long value) {
        return trace.isCallOf(value, MODULE, WRAPPER) || isReconstructed(value);
    }

    private boolean isReconstructed(long value) {
        if (!trace.isCallOf(value, "copyreg", "_reconstructor")
                && !trace.isCallOf(value, "copy_reg", "_reconstructor")) {
            return false;
        }
        long type = trace.item(trace.arguments(value), 0);
        return Trace.kind(type) == Trace.GLOBAL && isWrapper(trace.name(Trace.global(type)));
    }

    /// Whether the elements are objects, which joblib writes as a pickle of their own.
    boolean holdsObjects(long state) throws ModelFormatException {
        return types.holdsObjects(trace.find(state, "dtype"));
    }

    /// Whether a wrapper and its state are of the kind that joblib writes.
    boolean isUnderstood(long wrapper, long state) throws ModelFormatException {
        boolean alone = isReconstructed(wrapper) || trace.length(trace.arguments(wrapper)) == 0;
        return alone && trace.entries(state) != null && Trace.kind(trace.find(state, "shape")) == Trace.TUPLE;
    }

    /// How many bytes the elements take with their padding; -1 if that is not known.
    ///
    /// @param next where they begin in the stream
    long bytes(long state, Region stream, long next) throws ModelFormatException {
        long bytes = elements(trace.find(state, "shape"), types.unit(trace.find(state, "dtype")));
        long padding = trace.find(state, PADDED);
        if (padding == 0 || bytes < 0) {
            return bytes;
        }
        return Trace.kind(padding) == Trace.INT && next < stream.size() ? bytes + 1 + stream.u8(next) : -1;
    }

    private long elements(long shape, long unit) {
        long bytes = trace.length(shape) > MOST_DIMENSIONS ? -1 : unit;
        for (int i = 0; i < trace.length(shape) && bytes >= 0; i++) {
            long dim = trace.item(shape, i);
            long count = Trace.kind(dim) == Trace.INT ? Trace.number(dim) : -1;
            boolean fits = count >= 0 && Math.multiplyHigh(bytes, count) == 0 && bytes * count >= 0;
            bytes = fits ? bytes * count : -1;
        }
        return bytes > Long.MAX_VALUE - 512 ? -1 : bytes;
    }
}
