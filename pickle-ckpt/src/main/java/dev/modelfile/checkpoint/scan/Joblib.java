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

    /// How many bytes behind a BUILD are elements; 0 if it is about something else, or if they are a pickle.
    ///
    /// @param offset of the opcode, absolute in the file
    static long dataAfter(Trace trace, long target, long state, Region stream, long offset)
            throws ModelFormatException {
        if (!trace.isCallOf(target, MODULE, WRAPPER)) {
            return 0;
        }
        long shape = trace.find(state, "shape");
        long bytes = unit(trace, trace.find(state, "dtype"));
        if (bytes == 0 || Trace.kind(shape) != Trace.TUPLE || trace.length(shape) > MOST_DIMENSIONS) {
            return 0;
        }
        for (int i = 0; i < trace.length(shape); i++) {
            long dim = trace.item(shape, i);
            long high = Trace.kind(dim) == Trace.INT && Trace.number(dim) >= 0
                    ? Math.multiplyHigh(bytes, Trace.number(dim))
                    : 1;
            if (high != 0 || bytes * Trace.number(dim) < 0) {
                return 0;
            }
            bytes *= Trace.number(dim);
        }
        long next = offset - stream.base() + 1;
        boolean padded = Trace.kind(trace.find(state, "numpy_array_alignment_bytes")) == Trace.INT;
        return padded && next < stream.size() ? bytes + 1 + stream.u8(next) : bytes;
    }

    private static long unit(Trace trace, long dtype) throws ModelFormatException {
        long code = trace.isCallOf(dtype, "numpy", "dtype") ? trace.item(trace.arguments(dtype), 0) : 0;
        if (Trace.kind(code) != Trace.TEXT || trace.byteSize(code) > 8) {
            return 0;
        }
        String text = trace.text(code);
        if (!text.matches("[biufcSU][0-9]{1,6}")) {
            return 0;
        }
        long number = Long.parseLong(text.substring(1));
        return text.startsWith("U") ? 4 * number : number;
    }
}
