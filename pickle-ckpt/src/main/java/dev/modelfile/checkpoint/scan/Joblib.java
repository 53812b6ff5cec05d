package dev.modelfile.checkpoint.scan;

import dev.modelfile.MalformedModelException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.io.Region;
import org.jspecify.annotations.Nullable;

/// Joblib puts the elements of arrays between the opcodes: behind the state of each array's wrapper.
public final class Joblib {
    private Joblib() {}

    /// How many bytes behind a BUILD are elements.
    ///
    /// @param offset of the opcode, absolute in the file
    public static long dataAfter(PickleValue target, PickleValue state, Region stream, long offset) {
        if (!(target instanceof InstanceNode wrapper)
                || !wrapper.isCallOf("joblib.numpy_pickle", "NumpyArrayWrapper")
                || !(state instanceof DictNode attributes)) {
            return 0;
        }
        long unit = unit(attributes.find("dtype"));
        if (unit == 0 || !(attributes.find("shape") instanceof SequenceNode shape)) {
            return 0;
        }
        try {
            long bytes = unit;
            for (PickleValue dim : shape.items()) {
                bytes = Math.multiplyExact(bytes, dim instanceof PickleValue.Int number ? number.value() : 0);
            }
            long next = offset - stream.base() + 1;
            boolean padded = attributes.find("numpy_array_alignment_bytes") instanceof PickleValue.Int;
            return bytes + (padded ? 1 + stream.u8(next) : 0);
        } catch (MalformedModelException | ArithmeticException outside) {
            return 0;
        }
    }

    private static long unit(@Nullable PickleValue dtype) {
        PickleValue code =
                dtype instanceof InstanceNode call && call.isCallOf("numpy", "dtype") ? call.argument(0) : null;
        if (!(code instanceof PickleValue.Text text) || !text.value().matches("[biufcSU][0-9]{1,6}")) {
            return 0;
        }
        long number = Long.parseLong(text.value().substring(1));
        return text.value().startsWith("U") ? 4 * number : number;
    }
}
