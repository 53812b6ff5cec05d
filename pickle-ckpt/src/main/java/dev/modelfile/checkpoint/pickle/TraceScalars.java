package dev.modelfile.checkpoint.pickle;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.io.Region;

/// Numbers and texts in outline. Lines that are not understood end nothing: some unpickler may read them, and go on.
final class TraceScalars {
    private final Region stream;
    private final PickleInput input;
    private final Arguments arguments;
    private final Budget budget;
    private final TraceObserver observer;

    TraceScalars(Region stream, PickleInput input, Arguments arguments, Budget budget, TraceObserver observer) {
        this.stream = stream;
        this.input = input;
        this.arguments = arguments;
        this.budget = budget;
        this.observer = observer;
    }

    /// An integer of any length.
    long wide(int length, long at) throws ModelFormatException {
        if (length > Arguments.MAX_LONG_BYTES) {
            observer.note("pickle.size", stream.base() + at, "an integer of " + length + " bytes");
            input.slice(length);
            return Trace.WIDE;
        }
        long before = budget.used();
        PickleValue value = arguments.wide(length, at);
        budget.release(budget.used() - before);
        return value instanceof PickleValue.Int number ? Trace.integer(number.value()) : Trace.WIDE;
    }

    /// The value of an opcode that only stands for one.
    long of(int opcode, long at) throws ModelFormatException {
        long before = budget.used();
        PickleValue value = arguments.scalar(opcode, at);
        budget.release(budget.used() - before);
        return switch (value) {
            case PickleValue.Int number -> Trace.integer(number.value());
            case PickleValue.BigInt wide -> Trace.WIDE;
            case PickleValue.Text text -> text(text.value(), at);
            default -> Trace.OTHER;
        };
    }

    private long text(String text, long at) throws ModelFormatException {
        if (text.startsWith("__")) {
            observer.special(text, stream.base() + at);
        }
        return Trace.value(Trace.TEXT, at);
    }

    /// A value in a line.
    long line(int opcode, long at) throws ModelFormatException {
        long next = input.position() + input.lineLength() + 1;
        try {
            return of(opcode, at);
        } catch (MalformedModelException strange) {
            skip(strange, next, at);
            return Trace.OTHER;
        }
    }

    /// The index of a memo opcode in a line, -1 if it is not understood.
    int index(int opcode, long at) throws ModelFormatException {
        long next = input.position() + input.lineLength() + 1;
        try {
            return arguments.index(opcode, at);
        } catch (MalformedModelException strange) {
            skip(strange, next, at);
            return -1;
        }
    }

    private void skip(MalformedModelException strange, long next, long at) throws ModelFormatException {
        observer.note(strange.rule(), stream.base() + at, "unpicklers differ here: " + strange.getMessage());
        input.skip(next - input.position());
    }
}
