package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.I;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Packs the 256 codes of a block as Q2_K and Q3_K store them. For vectors of 8 or 16 floats.
final class PackedBits {

    private PackedBits() {}

    /// The low two bits of each code, in the order of `TwoBits`, as 64 bytes.
    static void two(int[] code, byte[] blocks, int at) {
        for (int l = 0; l < 64; l += Lanes.N) {
            int j = l / 32 * 128 + l % 32;
            IntVector q = IntVector.fromArray(I, code, j)
                    .and(3)
                    .or(IntVector.fromArray(I, code, j + 32).and(3).lanewise(VectorOperators.LSHL, 2))
                    .or(IntVector.fromArray(I, code, j + 64).and(3).lanewise(VectorOperators.LSHL, 4))
                    .or(IntVector.fromArray(I, code, j + 96).and(3).lanewise(VectorOperators.LSHL, 6));
            ((ByteVector) q.convertShape(VectorOperators.I2B, Lanes.B, 0)).intoArray(blocks, at + l);
        }
    }

    /// Bit 2 of each code: code j is bit j / 32 of byte j % 32.
    static void third(int[] code, byte[] blocks, int at) {
        for (int l = 0; l < 32; l += Lanes.N) {
            IntVector q = IntVector.zero(I);
            for (int k = 0; k < 8; k++) {
                IntVector bit = IntVector.fromArray(I, code, 32 * k + l)
                        .lanewise(VectorOperators.LSHR, 2)
                        .and(1);
                q = q.or(bit.lanewise(VectorOperators.LSHL, k));
            }
            ((ByteVector) q.convertShape(VectorOperators.I2B, Lanes.B, 0)).intoArray(blocks, at + l);
        }
    }
}
