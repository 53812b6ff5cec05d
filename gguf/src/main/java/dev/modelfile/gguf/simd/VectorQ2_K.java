package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q2_K;
import jdk.incubator.vector.ByteVector;

/// The vector kernels of [Q2_K].
final class VectorQ2_K extends VectorCodec {

    VectorQ2_K(Q2_K scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 84, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p + 80);
        float dmin = Bytes.half(blocks, p + 82);
        for (int group = 0; group < 16; group++) {
            float dl = d * (blocks[p + group] & 15);
            float ml = -(dmin * (blocks[p + group] >> 4 & 15));
            int qs = p + 16 + (group >> 3) * 32 + (group & 1) * 16;
            for (int l = 0; l < 16; l += Lanes.W) {
                ByteVector q =
                        Codes.right(Codes.load(blocks, qs + l), group & 6).and((byte) 3);
                Codes.scale(q, Lanes.all(dl), Lanes.all(ml), values, o + 16 * group + l);
            }
        }
    }
}
