package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.IQ4_NL;
import dev.modelfile.gguf.quant.NonLinear;
import dev.modelfile.gguf.quant.Weights;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [IQ4_NL].
final class VectorIQ4_NL extends VectorCodec {

    VectorIQ4_NL(IQ4_NL scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 18, o += 32) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        FloatVector d = Lanes.all(Bytes.half(blocks, p));
        Levels.decode(blocks, p + 2, Levels.UNEVEN, d, values, o);
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        if (Lanes.N == 4) {
            super.encode(values, from, elements, importance, blocks);
            return;
        }
        float[] sigma2 = new float[elements / 32];
        if (importance != null) {
            for (int b = 0; b < sigma2.length; b++) {
                sigma2[b] = Weights.sumOfSquares(values, from + 32 * b, 32) * (2f / 32);
            }
        }
        float[] scale = LevelRow.fit(values, from, elements, importance, sigma2, 1);
        for (int b = 0; b < elements / 32; b++) {
            Bytes.putHalf(blocks, 18 * b, scale[b]);
            float inverse = scale[b] != 0 ? 1 / scale[b] : 0f;
            NonLinear.encode(values, from + 32 * b, inverse, blocks, 18 * b + 2);
        }
    }
}
