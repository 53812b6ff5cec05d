package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.TQ2_0;
import dev.modelfile.gguf.quant.TwoBits;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [TQ2_0].
final class VectorTQ2_0 extends VectorCodec {

    VectorTQ2_0(TQ2_0 scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 66, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p + 64));
        for (int half = 0; half < 2; half++) {
            int y = o + 128 * half;
            for (int m = 0; m < 32; m += Lanes.W) {
                ByteVector q = Codes.load(blocks, p + 32 * half + m);
                Codes.scale(code(q), d, values, y + m);
                Codes.scale(code(Codes.right(q, 2)), d, values, y + 32 + m);
                Codes.scale(code(Codes.right(q, 4)), d, values, y + 64 + m);
                Codes.scale(code(Codes.right(q, 6)), d, values, y + 96 + m);
            }
        }
    }

    private static ByteVector code(ByteVector q) {
        return q.and((byte) 3).sub((byte) 1);
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        int[] code = new int[256];
        for (int p = 0, o = from; p < blocks.length; p += 66, o += 256) {
            float d = Float.intBitsToFloat(Magnitudes.bits(values, o, 256));
            Bytes.putHalf(blocks, p + 64, d);
            Rounder.ternary(values, o, 256, d != 0 ? 1f / d : 0f, 1, code);
            TwoBits.pack(code, blocks, p);
        }
    }
}
