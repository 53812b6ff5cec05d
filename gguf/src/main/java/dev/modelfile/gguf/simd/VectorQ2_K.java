package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q2_K;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;

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
        for (int part = 0; part < 4; part++) {
            int s = p + (part >> 1) * 8 + (part & 1);
            int y = o + (part >> 1) * 128 + (part & 1) * 16;
            for (int l = 0; l < 16; l += Lanes.W) {
                ByteVector q = Codes.load(blocks, p + 16 + part * 16 + l);
                write(q, d, dmin, blocks[s], values, y + l);
                write(Codes.right(q, 2), d, dmin, blocks[s + 2], values, y + 32 + l);
                write(Codes.right(q, 4), d, dmin, blocks[s + 4], values, y + 64 + l);
                write(Codes.right(q, 6), d, dmin, blocks[s + 6], values, y + 96 + l);
            }
        }
    }

    private static void write(ByteVector q, float d, float dmin, int scales, float[] values, int to) {
        FloatVector scale = Lanes.all(d * (scales & 15));
        FloatVector min = Lanes.all(-(dmin * (scales >> 4 & 15)));
        Codes.scale(q.and((byte) 3), scale, min, values, to);
    }
}
