package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Fp4;
import dev.modelfile.gguf.quant.MXFP4;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [MXFP4].
final class VectorMXFP4 extends VectorCodec {

    VectorMXFP4(MXFP4 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 17, o += 32) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(MXFP4.halfScale(blocks[p] & 0xFF));
        Levels.decode(blocks, p + 1, Levels.FP4, d, values, o);
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        if (Lanes.N == 4) {
            super.encode(values, from, elements, importance, blocks);
            return;
        }
        for (int p = 0, o = from; p < blocks.length; p += 17, o += 32) {
            float amax = Float.intBitsToFloat(Magnitudes.bits(values, o, 32));
            int e = MXFP4.exponent(amax);
            float d = MXFP4.halfScale(e);
            blocks[p] = (byte) e;
            if (Fp4.comparesMidpoints(d, amax)) {
                midpoints(values, o, d, blocks, p + 1);
            } else {
                Fp4.encode(values, o, 16, amax, d, blocks, p + 1);
            }
        }
    }

    private static void midpoints(float[] x, int o, float d, byte[] blocks, int at) {
        for (int j = 0; j < 16; j += Lanes.N) {
            IntVector low = code(FloatVector.fromArray(Lanes.F, x, o + j), d);
            IntVector high = code(FloatVector.fromArray(Lanes.F, x, o + 16 + j), d);
            IntVector both = low.or(high.lanewise(VectorOperators.LSHL, 4));
            ((ByteVector) both.convertShape(VectorOperators.I2B, Lanes.B, 0)).intoArray(blocks, at + j);
        }
    }

    /// How many midpoints a magnitude exceeds, with bit 3 for negative values that are not zero.
    private static IntVector code(FloatVector v, float d) {
        FloatVector a = v.abs();
        IntVector code = IntVector.zero(Lanes.I)
                .add(1, a.compare(VectorOperators.GT, 0.5f * d).cast(Lanes.I))
                .add(1, a.compare(VectorOperators.GT, 1.5f * d).cast(Lanes.I))
                .add(1, a.compare(VectorOperators.GT, 2.5f * d).cast(Lanes.I))
                .add(1, a.compare(VectorOperators.GT, 3.5f * d).cast(Lanes.I))
                .add(1, a.compare(VectorOperators.GT, 5f * d).cast(Lanes.I))
                .add(1, a.compare(VectorOperators.GT, 7f * d).cast(Lanes.I))
                .add(1, a.compare(VectorOperators.GT, 10f * d).cast(Lanes.I));
        IntVector sign =
                v.reinterpretAsInts().lanewise(VectorOperators.LSHR, 28).and(8);
        return code.lanewise(VectorOperators.OR, sign, code.compare(VectorOperators.NE, 0));
    }
}
