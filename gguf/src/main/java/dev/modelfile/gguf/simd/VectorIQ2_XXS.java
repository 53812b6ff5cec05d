package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Grid;
import dev.modelfile.gguf.quant.IQ2_XXS;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [IQ2_XXS].
final class VectorIQ2_XXS extends VectorCodec {

    private static final float[] GRID = Grid.IQ2_XXS.table(8, 25, 43);

    VectorIQ2_XXS(IQ2_XXS scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 66, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p);
        for (int group = 0; group < 8; group++) {
            int indexes = Bytes.i32(blocks, p + 2 + 8 * group);
            int word = Bytes.i32(blocks, p + 2 + 8 * group + 4);
            float db = d * (0.5f + (word >>> 28)) * 0.25f;
            for (int k = 0; k < 4; k++) {
                int signs = Runs.even(word >> 7 * k & 127);
                Runs.signed(db, GRID, (indexes >> 8 * k & 255) * 8, signs, values, o + 32 * group + 8 * k);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        IQ2_XXS.encode(new GridTrials(IQ2_XXS.plan()), values, from, importance, blocks);
    }
}
