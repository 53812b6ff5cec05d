package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Grid;
import dev.modelfile.gguf.quant.IQ3_S;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [IQ3_S].
final class VectorIQ3_S extends VectorCodec {

    private static final float[] GRID = Runs.withRoom(Grid.IQ3_S.table(1, 3, 5, 7, 9, 11, 13, 15));

    VectorIQ3_S(IQ3_S scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 110, o += 256) {
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
        float db = d * (1 + 2 * (blocks[p + 106 + group / 2] >> 4 * (group & 1) & 15));
        int high = blocks[p + 66 + group] << 8;
        for (int k = 0; k < 4; k++) {
            int q = p + 2 + 8 * group + 2 * k;
            int g0 = (blocks[q] & 255 | high >> 2 * k & 0x100) * 4;
            int g1 = (blocks[q + 1] & 255 | high >> 2 * k + 1 & 0x100) * 4;
            Runs.signed(db, GRID, g0, g1, blocks[p + 74 + 4 * group + k], values, o + 8 * k);
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        IQ3_S.encode(new GridTrials(IQ3_S.plan()), values, from, importance, blocks);
    }
}
