package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Grid;
import dev.modelfile.gguf.quant.IQ2_XS;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [IQ2_XS].
final class VectorIQ2_XS extends VectorCodec {

    private static final float[] GRID = Grid.IQ2_XS.table(8, 25, 43);

    VectorIQ2_XS(IQ2_XS scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 74, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p);
        for (int k = 0; k < 32; k++) {
            int scale = blocks[p + 66 + k / 4] >> (k & 2) * 2 & 15;
            float db = d * (0.5f + scale) * 0.25f;
            int word = Bytes.u16(blocks, p + 2 + 2 * k);
            Runs.signed(db, GRID, (word & 511) * 8, Runs.even(word >> 9), values, o + 8 * k);
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        IQ2_XS.encode(new GridTrials(IQ2_XS.plan()), values, from, importance, blocks);
    }
}
