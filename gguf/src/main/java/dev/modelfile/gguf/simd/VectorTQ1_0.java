package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.TQ1_0;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [TQ1_0].
final class VectorTQ1_0 extends VectorCodec {

    VectorTQ1_0(TQ1_0 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 54, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p + 52));
        for (int m = 0; m < 32; m += Lanes.W) {
            column(blocks, p + m, 32, d, values, o + m);
        }
        for (int m = 0; m < 16; m += Lanes.W) {
            column(blocks, p + 32 + m, 16, d, values, o + 160 + m);
        }
        TQ1_0.decodeGroup(blocks, p + 48, 4, 4, values, o + 240, Bytes.half(blocks, p + 52));
    }

    /// Decodes the five digits of each of some bytes; the next digits are the next `stride` elements.
    private static void column(byte[] blocks, int at, int stride, FloatVector d, float[] values, int to) {
        ShortVector q = (ShortVector) Codes.load(blocks, at).convertShape(VectorOperators.ZERO_EXTEND_B2S, Lanes.S, 0);
        for (int digit = 0; digit < 5; digit++) {
            ShortVector tripled = q.mul((short) 3);
            Codes.scale(tripled.lanewise(VectorOperators.LSHR, 8).sub((short) 1), d, values, to + digit * stride);
            q = tripled.and((short) 0xFF);
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        int[] code = new int[256];
        for (int p = 0, o = from; p < blocks.length; p += 54, o += 256) {
            float d = Float.intBitsToFloat(Magnitudes.bits(values, o, 256));
            Bytes.putHalf(blocks, p + 52, d);
            Rounder.ternary(values, o, 256, d != 0 ? 1f / d : 0f, 1, code);
            TQ1_0.pack(code, 0, 32, 5, blocks, p);
            TQ1_0.pack(code, 160, 16, 5, blocks, p + 32);
            TQ1_0.pack(code, 240, 4, 4, blocks, p + 48);
        }
    }
}
