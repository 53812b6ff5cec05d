package dev.modelfile.gguf.simd;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The shapes of vectors in this process.
final class Lanes {

    /// Floats, as many as the machine takes at once.
    static final VectorSpecies<Float> F = choose();
    /// As many ints as floats.
    static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());
    /// How many floats are in a vector: 4, 8 or 16.
    static final int N = F.length();

    /// Bytes: 16 if there are 16 floats, else 8.
    static final VectorSpecies<Byte> B = N == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;
    /// As many shorts as bytes.
    static final VectorSpecies<Short> S = N == 16 ? ShortVector.SPECIES_256 : ShortVector.SPECIES_128;
    /// How many bytes are in a vector of bytes.
    static final int W = B.length();

    /// Floats for runs of eight: one vector, or two of four.
    static final VectorSpecies<Float> F8 = N == 4 ? FloatVector.SPECIES_128 : FloatVector.SPECIES_256;
    /// As many ints.
    static final VectorSpecies<Integer> I8 = N == 4 ? IntVector.SPECIES_128 : IntVector.SPECIES_256;

    /// 0, 1, 2 ...
    static final IntVector IOTA = IntVector.zero(I).addIndex(1);

    /// 1.5 * 2^23: adding it leaves the rounded integer in the low mantissa bits.
    static final float MAGIC = 12582912f;
    /// The bits of [#MAGIC].
    static final int MAGIC_BITS = 0x4B400000;

    private static final int SIGN = 0x80000000;

    private Lanes() {}

    private static VectorSpecies<Float> choose() {
        int bits = Integer.getInteger(Vectors.PROPERTY, FloatVector.SPECIES_PREFERRED.vectorBitSize());
        if (bits >= 512) {
            return FloatVector.SPECIES_512;
        }
        return bits >= 256 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_128;
    }

    /// Smallest number of groups that fills vectors, for scratch of so many.
    static int roundUp(int groups) {
        return (groups + N - 1) / N * N;
    }

    static FloatVector all(float value) {
        return FloatVector.broadcast(F, value);
    }

    /// As `Rounding.nearest`: the integer to which the bit trick rounds.
    static IntVector nearest(FloatVector v) {
        return v.add(MAGIC).reinterpretAsInts().and(0x007FFFFF).sub(0x00400000);
    }

    /// As `Rounding.nearest` with a range.
    static IntVector nearest(FloatVector v, int low, int high) {
        return nearest(v).max(low).min(high);
    }

    /// As [#nearest], as floats. The integer stays where the bit trick leaves it, in the low bits of a float from 2^23
    /// on: clamping such bits is clamping such floats, and a subtraction takes the 2^23 away.
    static FloatVector nearestFloat(FloatVector v, int low, int high) {
        return v.add(MAGIC)
                .reinterpretAsInts()
                .and(0x007FFFFF)
                .or(0x4B000000)
                .max(MAGIC_BITS + low)
                .min(MAGIC_BITS + high)
                .reinterpretAsFloats()
                .sub(MAGIC);
    }

    static FloatVector floats(IntVector v) {
        return (FloatVector) v.convertShape(VectorOperators.I2F, F, 0);
    }

    /// The values with the sign flipped in each lane whose sign bit is set in `signs`.
    static FloatVector flip(FloatVector v, IntVector signs) {
        return v.reinterpretAsInts()
                .lanewise(VectorOperators.XOR, signs.and(SIGN))
                .reinterpretAsFloats();
    }
}
