package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F8;
import static dev.modelfile.gguf.simd.Lanes.I8;

import dev.modelfile.gguf.quant.Grid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Decodes runs of eight elements that the grid types store as an index and signs. No vector passes from one method to
/// another: one that is compiled before its caller may not be inlined any more.
final class Runs {

    /// The grid of IQ1_S and IQ1_M.
    static final float[] TERNARY = Grid.IQ1.table(-1, 0, 1);

    private static final int SIGN = 0x80000000;
    private static final int STEP = F8.length();
    private static final IntVector TO_TOP = IntVector.zero(I8).addIndex(1).neg().add(31);
    private static final IntVector TO_TOP_OF_FOUR =
            IntVector.zero(IntVector.SPECIES_128).addIndex(1).neg().add(31);

    private Runs() {}

    /// Expands seven stored signs to eight: the eighth makes the number of minus signs even.
    static int even(int seven) {
        return seven | (Integer.bitCount(seven) & 1) << 7;
    }

    /// Writes `d * grid value`, negative where the bit in `signs` is set.
    static void signed(float d, float[] grid, int g, int signs, float[] values, int to) {
        for (int j = 0; j < 8; j += STEP) {
            IntVector flips = IntVector.broadcast(I8, signs >> j)
                    .lanewise(VectorOperators.LSHL, TO_TOP)
                    .and(SIGN);
            FloatVector.fromArray(F8, grid, g + j)
                    .mul(d)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.XOR, flips)
                    .reinterpretAsFloats()
                    .intoArray(values, to + j);
        }
    }

    /// As above, from two points of four values.
    static void signed(float d, float[] grid, int g0, int g1, int signs, float[] values, int to) {
        for (int j = 0; j < 8; j += 4) {
            IntVector flips = IntVector.broadcast(IntVector.SPECIES_128, signs >> j)
                    .lanewise(VectorOperators.LSHL, TO_TOP_OF_FOUR)
                    .and(SIGN);
            FloatVector.fromArray(FloatVector.SPECIES_128, grid, j == 0 ? g0 : g1)
                    .mul(d)
                    .reinterpretAsInts()
                    .lanewise(VectorOperators.XOR, flips)
                    .reinterpretAsFloats()
                    .intoArray(values, to + j);
        }
    }

    /// Writes `d * (grid value + delta)`.
    static void shifted(float d, float[] grid, int g, float delta, float[] values, int to) {
        for (int j = 0; j < 8; j += STEP) {
            FloatVector.fromArray(F8, grid, g + j).add(delta).mul(d).intoArray(values, to + j);
        }
    }
}
