package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.Trace;
import dev.modelfile.io.Region;

/// Joblib puts the elements of arrays between the opcodes: behind the state of each array's wrapper.
final class Joblib {
    private static final String MODULE = "joblib.numpy_pickle";
    private static final String WRAPPER = "NumpyArrayWrapper";
    /// NumPy's own bound is 64.
    private static final int MOST_DIMENSIONS = 64;

    private Joblib() {}

    static boolean isWrapper(PickleValue.Global global) {
        return global.module().equals(MODULE) && global.name().equals(WRAPPER);
    }

    /// Whether a BUILD restores the wrapper of an array, behind which its elements stand.
    static boolean isArray(Trace trace, long target, long state) throws ModelFormatException {
        return trace.isCallOf(target, MODULE, WRAPPER) && Trace.kind(trace.find(state, "shape")) == Trace.TUPLE;
    }

    /// Whether the elements of an array are objects, which joblib writes as a pickle of their own.
    static boolean holdsObjects(Trace trace, long state) throws ModelFormatException {
        return code(trace, state).matches("O8?");
    }

    /// How many bytes the elements of an array take with their padding; 0 if that is not known.
    ///
    /// @param next where they begin in the stream
    static long dataAfter(Trace trace, long state, Region stream, long next) throws ModelFormatException {
        long shape = trace.find(state, "shape");
        long bytes = unit(code(trace, state));
        if (bytes == 0 || trace.length(shape) > MOST_DIMENSIONS) {
            return 0;
        }
        for (int i = 0; i < trace.length(shape); i++) {
            long dim = trace.item(shape, i);
            long count = Trace.kind(dim) == Trace.INT ? Trace.number(dim) : -1;
            if (count < 0 || Math.multiplyHigh(bytes, count) != 0 || bytes * count < 0) {
                return 0;
            }
            bytes *= count;
        }
        boolean padded = Trace.kind(trace.find(state, "numpy_array_alignment_bytes")) == Trace.INT;
        return padded && next < stream.size() ? bytes + 1 + stream.u8(next) : bytes;
    }

    /// How NumPy spells the type of the elements; empty if that is not known.
    private static String code(Trace trace, long state) throws ModelFormatException {
        long dtype = trace.find(state, "dtype");
        long code = trace.isCallOf(dtype, "numpy", "dtype") ? trace.item(trace.arguments(dtype), 0) : 0;
        return Trace.kind(code) == Trace.TEXT && trace.byteSize(code) <= 8 ? trace.text(code) : "";
    }

    private static long unit(String code) {
        if (!code.matches("[biufcSUV][0-9]{1,6}")) {
            return 0;
        }
        long number = Long.parseLong(code.substring(1));
        return code.startsWith("U") ? 4 * number : number;
    }
}
