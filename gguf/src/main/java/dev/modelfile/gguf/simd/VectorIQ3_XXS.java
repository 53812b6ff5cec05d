package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Grid;
import dev.modelfile.gguf.quant.IQ3_XXS;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [IQ3_XXS].
final class VectorIQ3_XXS extends VectorCodec {

    private static final float[] GRID = Runs.withRoom(Grid.IQ3_XXS.table(4, 12, 20, 28, 36, 44, 52, 62));

    VectorIQ3_XXS(IQ3_XXS scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 98, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p);
        for (int group = 0; group < 8; group++) {
            int word = Bytes.i32(blocks, p + 66 + 4 * group);
            float db = d * (0.5f + (word >>> 28)) * 0.5f;
            for (int k = 0; k < 4; k++) {
                int q = p + 2 + 8 * group + 2 * k;
                int g0 = (blocks[q] & 255) * 4;
                int g1 = (blocks[q + 1] & 255) * 4;
                Runs.signed(db, GRID, g0, g1, Runs.even(word >> 7 * k & 127), values, o + 32 * group + 8 * k);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        IQ3_XXS.encode(new GridTrials(IQ3_XXS.plan()), values, from, importance, blocks);
    }
}
