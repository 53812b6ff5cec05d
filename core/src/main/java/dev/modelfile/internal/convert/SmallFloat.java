package dev.modelfile.internal.convert;

import dev.modelfile.ScalarType;
import org.jspecify.annotations.Nullable;

/// A float type of at most eight bits.
abstract class SmallFloat {
    private volatile byte @Nullable [] codes;

    /// The description of a type.
    static SmallFloat of(ScalarType type) {
        return type == ScalarType.F8_E8M0 ? PowerOfTwo.F8_E8M0 : MiniFloat.of(type);
    }

    /// The value of every code.
    abstract float[] values();

    /// The code of a number, rounded once.
    abstract int encode(double value);

    /// The code of every BF16, which is the code of every float that [Rounding#stickyHalves] makes that BF16 of.
    ///
    /// Made when it is first asked for, and kept; two threads that ask at once may both make it.
    final byte[] codes() {
        byte[] known = codes;
        if (known == null) {
            known = new byte[1 << 16];
            for (int half = 0; half < known.length; half++) {
                known[half] = (byte) encode(Float.intBitsToFloat(half << 16));
            }
            codes = known;
        }
        return known;
    }
}
