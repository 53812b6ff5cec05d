package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.math.BigInteger;

/// Values that are shared instead of made again.
final class Constants {
    static final PickleValue NONE = new PickleValue.None();
    static final PickleValue TRUE = new PickleValue.Bool(true);
    static final PickleValue FALSE = new PickleValue.Bool(false);
    static final SequenceNode EMPTY_TUPLE = new SequenceNode(PickleValue.Kind.TUPLE);

    static final PickleValue[] NOTHING = {};

    private static final PickleValue[] SMALL = new PickleValue[1024];

    static {
        for (int i = 0; i < SMALL.length; i++) {
            SMALL[i] = new PickleValue.Int(i);
        }
    }

    private Constants() {}

    static PickleValue integer(long value) {
        return value >= 0 && value < SMALL.length ? SMALL[(int) value] : new PickleValue.Int(value);
    }

    static PickleValue integer(BigInteger value) {
        return value.bitLength() <= 63 ? integer(value.longValue()) : new PickleValue.BigInt(value);
    }
}
