package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Grid;
import dev.modelfile.gguf.quant.IQ3_S;

/// The vector kernels of [IQ3_S].
final class VectorIQ3_S extends VectorCodec {

    private static final float[] GRID = Grid.IQ3_S.table(1, 3, 5, 7, 9, 11, 13, 15);

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
        for (int k = 0; k < 32; k++) {
            int scale = blocks[p + 106 + k / 8] >> (k & 4) & 15;
            int high = blocks[p + 66 + k / 4] >> (k & 3) * 2;
            int g0 = (blocks[p + 2 + 2 * k] & 255 | (high & 1) << 8) * 4;
            int g1 = (blocks[p + 3 + 2 * k] & 255 | (high & 2) << 7) * 4;
            Runs.signed(d * (1 + 2 * scale), GRID, g0, g1, blocks[p + 74 + k], values, o + 8 * k);
        }
    }
}
