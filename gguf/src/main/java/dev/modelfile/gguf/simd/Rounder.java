package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// The roundings of the types that search nothing. For vectors of 8 or 16 floats.
final class Rounder {

    private Rounder() {}

    /// Writes 16 bytes of two codes each: `trunc((x - m) * id + half)`, at most `limit`; the low nibble is for an
    /// element of the first 16, the high one for one of the next 16.
    static void nibbles(float[] x, int o, float m, float id, float half, int limit, byte[] blocks, int at) {
        for (int j = 0; j < 16; j += N) {
            IntVector low =
                    truncate(FloatVector.fromArray(F, x, o + j).sub(m).mul(id).add(half));
            IntVector high = truncate(
                    FloatVector.fromArray(F, x, o + 16 + j).sub(m).mul(id).add(half));
            IntVector both = low.min(limit).and(0xFF).or(high.min(limit).lanewise(VectorOperators.LSHL, 4));
            ((ByteVector) both.convertShape(VectorOperators.I2B, Lanes.B, 0)).intoArray(blocks, at + j);
        }
    }

    /// Writes the codes of 32 elements: `trunc((x - m) * id + half)`, at most `limit`, as an unsigned byte.
    static void codes(float[] x, int o, float m, float id, float half, int limit, int[] code) {
        for (int j = 0; j < 32; j += N) {
            IntVector q =
                    truncate(FloatVector.fromArray(F, x, o + j).sub(m).mul(id).add(half));
            q.min(limit).and(0xFF).intoArray(code, j);
        }
    }

    /// Writes the codes of 32 elements as bytes: `x * factor`, half away from zero.
    static void bytes(float[] x, int o, float factor, byte[] blocks, int at) {
        for (int j = 0; j < 32; j += N) {
            FloatVector v = FloatVector.fromArray(F, x, o + j).mul(factor);
            IntVector almostHalf = v.reinterpretAsInts().and(0x80000000).or(0x3EFFFFFF);
            IntVector q =
                    (IntVector) v.add(almostHalf.reinterpretAsFloats()).convertShape(VectorOperators.F2I, Lanes.I, 0);
            ((ByteVector) q.convertShape(VectorOperators.I2B, Lanes.B, 0)).intoArray(blocks, at + j);
        }
    }

    /// Writes `n` codes: `x * id` half away from zero, plus one; `other` for products that are not numbers below 2^31.
    static void ternary(float[] x, int o, int n, float id, int other, int[] code) {
        for (int j = 0; j < n; j += N) {
            FloatVector v = FloatVector.fromArray(F, x, o + j).mul(id);
            IntVector almostHalf = v.reinterpretAsInts().and(0x80000000).or(0x3EFFFFFF);
            IntVector q =
                    (IntVector) v.add(almostHalf.reinterpretAsFloats()).convertShape(VectorOperators.F2I, Lanes.I, 0);
            VectorMask<Float> inside = v.abs().compare(VectorOperators.LT, 0x1p31f);
            q.add(1).blend(other, inside.cast(Lanes.I).not()).intoArray(code, j);
        }
    }

    /// As `Rounding.truncate`, then cast to a byte.
    private static IntVector truncate(FloatVector v) {
        IntVector q = (IntVector) v.convertShape(VectorOperators.F2I, Lanes.I, 0);
        IntVector low = q.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24);
        VectorMask<Float> inside = v.abs().compare(VectorOperators.LT, 0x1p31f);
        return low.blend(0, inside.cast(Lanes.I).not());
    }
}
