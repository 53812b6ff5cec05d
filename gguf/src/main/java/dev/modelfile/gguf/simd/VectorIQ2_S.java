package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Grid;
import dev.modelfile.gguf.quant.IQ2_S;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [IQ2_S].
final class VectorIQ2_S extends VectorCodec {

    private static final float[] GRID = Grid.IQ2_S.table(8, 25, 43);

    VectorIQ2_S(IQ2_S scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 82, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p);
        for (int group = 0; group < 8; group++) {
            decodeGroup(blocks, p, group, d, values, o + 32 * group);
        }
    }

    private static void decodeGroup(byte[] blocks, int p, int group, float d, float[] values, int o) {
        int scales = blocks[p + 74 + group];
        int high = blocks[p + 66 + group] << 8;
        for (int k = 0; k < 4; k++) {
            float db = d * (0.5f + (scales >> (k & 2) * 2 & 15)) * 0.25f;
            int g = (blocks[p + 2 + 4 * group + k] & 255 | high >> 2 * k & 0x300) * 8;
            Runs.signed(db, GRID, g, blocks[p + 34 + 4 * group + k], values, o + 8 * k);
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        IQ2_S.encode(new GridTrials(IQ2_S.plan()), values, from, importance, blocks);
    }
}
