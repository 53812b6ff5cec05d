package dev.modelfile.checkpoint.pickle;

import dev.modelfile.ModelFormatException;
import java.util.Arrays;

/// Reads the names that stand in two lines behind an opcode; those that come again and again are known by their bytes.
final class TraceNames {
    private static final int SIZE = 256;

    private final PickleInput input;
    private final Arguments arguments;
    private final Trace trace;
    /// Empty where nothing is known.
    private final byte[][] spelled = new byte[SIZE][0];
    private final int[] numbers = new int[SIZE];

    TraceNames(PickleInput input, Arguments arguments, Trace trace) {
        this.input = input;
        this.arguments = arguments;
        this.trace = trace;
    }

    /// Takes a module and a name, and gives their number.
    int next(long at) throws ModelFormatException {
        int length = input.twoLines();
        if (length < 0) {
            return trace.numberOf(arguments.name(at), arguments.name(at), at);
        }
        byte[] window = input.window();
        int from = input.have(length);
        int slot = slot(window, from, length);
        byte[] known = spelled[slot];
        if (known.length > 0 && Arrays.equals(known, 0, known.length, window, from, from + length)) {
            return numbers[slot];
        }
        input.back(length);
        byte[] bytes = Arrays.copyOfRange(window, from, from + length);
        int number = trace.numberOf(arguments.name(at), arguments.name(at), at);
        spelled[slot] = bytes;
        numbers[slot] = number;
        return number;
    }

    private static int slot(byte[] bytes, int from, int length) {
        int hash = length;
        for (int i = from; i < from + length; i++) {
            hash = hash * 31 + bytes[i];
        }
        return (hash ^ hash >>> 8 ^ hash >>> 16) & (SIZE - 1);
    }
}
