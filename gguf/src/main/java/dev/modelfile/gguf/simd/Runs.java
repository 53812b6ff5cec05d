package dev.modelfile.gguf.simd;

import static dev.modelfile.gguf.simd.Lanes.F8;
import static dev.modelfile.gguf.simd.Lanes.I8;

import dev.modelfile.gguf.quant.Grid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Decodes runs of eight elements that the grid types store as an index and signs. No vector passes from one method to
/// another: one that is compiled before its caller may not be inlined any more.
final class Runs {

    /// The grid of IQ1_S and IQ1_M.
    static final float[] TERNARY = Grid.IQ1.table(-1, 0, 1);

    private static final int SIGN = 0x80000000;
    private static final int STEP = F8.length();
    private static final IntVector TO_TOP = IntVector.zero(I8).addIndex(1).neg().add(31);

    private static final VectorMask<Float> SECOND = VectorMask.fromLong(F8, 0xF0);

    private Runs() {}

    /// The values of a grid of points of four, with room on both sides for loads of eight.
    static float[] withRoom(float[] grid) {
        float[] wide = new float[grid.length + 8];
        System.arraycopy(grid, 0, wide, 4, grid.length);
        return wide;
    }

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

    /// As above, from two points of four values at `g0` and `g1` of a grid [#withRoom].
    static void signed(float d, float[] grid, int g0, int g1, int signs, float[] values, int to) {
        if (STEP == 4) {
            signedFour(d, grid, g0, signs, values, to);
            signedFour(d, grid, g1, signs >> 4, values, to + 4);
            return;
        }
        IntVector flips = IntVector.broadcast(I8, signs)
                .lanewise(VectorOperators.LSHL, TO_TOP)
                .and(SIGN);
        FloatVector.fromArray(F8, grid, g0 + 4)
                .blend(FloatVector.fromArray(F8, grid, g1), SECOND)
                .mul(d)
                .reinterpretAsInts()
                .lanewise(VectorOperators.XOR, flips)
                .reinterpretAsFloats()
                .intoArray(values, to);
    }

    private static void signedFour(float d, float[] grid, int g, int signs, float[] values, int to) {
        IntVector flips = IntVector.broadcast(I8, signs)
                .lanewise(VectorOperators.LSHL, TO_TOP)
                .and(SIGN);
        FloatVector.fromArray(F8, grid, g + 4)
                .mul(d)
                .reinterpretAsInts()
                .lanewise(VectorOperators.XOR, flips)
                .reinterpretAsFloats()
                .intoArray(values, to);
    }

    /// Writes `d * (grid value + delta)`.
    static void shifted(float d, float[] grid, int g, float delta, float[] values, int to) {
        for (int j = 0; j < 8; j += STEP) {
            FloatVector.fromArray(F8, grid, g + j).add(delta).mul(d).intoArray(values, to + j);
        }
    }
}
