package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q3_K;
import jdk.incubator.vector.ByteVector;

/// The vector kernels of [Q3_K].
final class VectorQ3_K extends VectorCodec {

    VectorQ3_K(Q3_K scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 110, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p + 108);
        for (int group = 0; group < 16; group++) {
            float dl = d * Q3_K.scale(blocks, p + 96, group);
            int qs = p + 32 + (group >> 3) * 32 + (group & 1) * 16;
            for (int l = 0; l < 16; l += Lanes.W) {
                ByteVector q =
                        Codes.right(Codes.load(blocks, qs + l), group & 6).and((byte) 3);
                ByteVector h = Codes.right(Codes.load(blocks, p + (group & 1) * 16 + l), group >> 1);
                ByteVector code = q.or(Codes.left(h.and((byte) 1), 2)).sub((byte) 4);
                Codes.scale(code, Lanes.all(dl), values, o + 16 * group + l);
            }
        }
    }
}
