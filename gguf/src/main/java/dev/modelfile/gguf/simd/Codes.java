package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F;
import static dev.modelfile.gguf.simd.Lanes.N;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Codes of consecutive elements, a byte each, on their way from a block to floats.
final class Codes {

    private Codes() {}

    /// The next codes of a block, [Lanes#W] of them.
    static ByteVector load(byte[] blocks, int at) {
        return ByteVector.fromArray(Lanes.B, blocks, at);
    }

    /// The low nibbles.
    static ByteVector low(ByteVector q) {
        return q.and((byte) 15);
    }

    /// The high nibbles.
    static ByteVector high(ByteVector q) {
        return right(q, 4).and((byte) 15);
    }

    /// Shifts right. Bits of the neighbour come in at the top: mask them.
    static ByteVector right(ByteVector q, int bits) {
        return q.reinterpretAsShorts().lanewise(VectorOperators.LSHR, bits).reinterpretAsBytes();
    }

    /// Shifts codes left whose top bits are clear.
    static ByteVector left(ByteVector q, int bits) {
        return q.reinterpretAsShorts().lanewise(VectorOperators.LSHL, bits).reinterpretAsBytes();
    }

    /// Subtracts from the codes whose bit in `where` is set.
    static ByteVector minus(ByteVector q, int amount, long where) {
        return q.lanewise(VectorOperators.SUB, (byte) amount, VectorMask.fromLong(Lanes.B, where));
    }

    /// Writes `q * d` for [Lanes#W] signed codes.
    static void scale(ByteVector q, FloatVector d, float[] values, int to) {
        if (N == 4) {
            floats(q, 0).mul(d).intoArray(values, to);
            floats(q, 1).mul(d).intoArray(values, to + 4);
        } else {
            floats(q, 0).mul(d).intoArray(values, to);
        }
    }

    /// Writes `q * d + m` for [Lanes#W] signed codes.
    static void scale(ByteVector q, FloatVector d, FloatVector m, float[] values, int to) {
        if (N == 4) {
            floats(q, 0).mul(d).add(m).intoArray(values, to);
            floats(q, 1).mul(d).add(m).intoArray(values, to + 4);
        } else {
            floats(q, 0).mul(d).add(m).intoArray(values, to);
        }
    }

    /// Writes `q * d` for [Lanes#W] signed codes.
    static void scale(ShortVector q, FloatVector d, float[] values, int to) {
        floats(q, 0).mul(d).intoArray(values, to);
        if (N == 4) {
            floats(q, 1).mul(d).intoArray(values, to + 4);
        }
    }

    /// Writes `q * d` for 16 signed codes, whatever the width of vectors.
    static void scale16(ByteVector q, FloatVector d, float[] values, int to) {
        floats(q, 0).mul(d).intoArray(values, to);
        if (N <= 8) {
            floats(q, 1).mul(d).intoArray(values, to + N);
        }
        if (N == 4) {
            floats(q, 2).mul(d).intoArray(values, to + 8);
            floats(q, 3).mul(d).intoArray(values, to + 12);
        }
    }

    private static FloatVector floats(ByteVector q, int part) {
        return (FloatVector) q.convertShape(VectorOperators.B2F, F, part);
    }

    private static FloatVector floats(ShortVector q, int part) {
        return (FloatVector) q.convertShape(VectorOperators.S2F, F, part);
    }
}
