package dev.modelfile.checkpoint.torch;

import dev.modelfile.MalformedModelException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.io.Region;
import org.jspecify.annotations.Nullable;

/// The arguments of a rebuild function, checked as they are taken.
final class Parameters {
    private final SequenceNode values;
    private final PickleValue.Global function;
    private final long offset;
    private final Region place;

    Parameters(SequenceNode values, PickleValue.Global function, long offset, Region place) {
        this.values = values;
        this.function = function;
        this.offset = offset;
        this.place = place;
    }

    long offset() {
        return offset;
    }

    MalformedModelException malformed(String problem) {
        String message = dev.modelfile.checkpoint.zip.Findings.shown(function.name()) + ": " + problem;
        return new MalformedModelException("checkpoint.rebuild", place.source(), place.place(), offset, message);
    }

    PickleValue at(int index) throws MalformedModelException {
        if (index >= values.size()) {
            throw malformed("argument " + index + " is missing, there are " + values.size());
        }
        return values.get(index);
    }

    @Nullable
    PickleValue optional(int index) {
        return index < values.size() ? values.get(index) : null;
    }

    long number(int index) throws MalformedModelException {
        if (at(index) instanceof PickleValue.Int number) {
            return number.value();
        }
        throw malformed("argument " + index + " is no integer");
    }

    long[] longs(int index) throws MalformedModelException {
        return longsOf(at(index));
    }

    /// The integers of a tuple, list or `torch.Size`.
    long[] longsOf(PickleValue value) throws MalformedModelException {
        PickleValue inner = value;
        if (value instanceof InstanceNode size && size.isCallOf("torch", "Size") && size.argument(0) != null) {
            inner = java.util.Objects.requireNonNull(size.argument(0));
        }
        if (!(inner instanceof SequenceNode sequence)) {
            throw malformed("a size that is no tuple");
        }
        long[] numbers = new long[sequence.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!(sequence.get(i) instanceof PickleValue.Int number)) {
                throw malformed("a size with something that is no integer");
            }
            numbers[i] = number.value();
        }
        return numbers;
    }

    /// The element type that a global such as `torch.float8_e4m3fn` names.
    TorchType type(int index) throws MalformedModelException {
        if (at(index) instanceof PickleValue.Global global && global.module().equals("torch")) {
            TorchType type = TorchType.named(global.name());
            if (type != null) {
                return type;
            }
        }
        throw malformed("argument " + index + " is no element type that is known");
    }
}
