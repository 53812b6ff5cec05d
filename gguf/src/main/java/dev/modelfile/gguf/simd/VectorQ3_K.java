package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q3_K;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;

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
        for (int part = 0; part < 4; part++) {
            int group = (part >> 1) * 8 + (part & 1);
            FloatVector d0 = Lanes.all(d * Q3_K.scale(blocks, p + 96, group));
            FloatVector d1 = Lanes.all(d * Q3_K.scale(blocks, p + 96, group + 2));
            FloatVector d2 = Lanes.all(d * Q3_K.scale(blocks, p + 96, group + 4));
            FloatVector d3 = Lanes.all(d * Q3_K.scale(blocks, p + 96, group + 6));
            int y = o + group * 16;
            for (int l = 0; l < 16; l += Lanes.W) {
                ByteVector q = Codes.load(blocks, p + 32 + part * 16 + l);
                ByteVector h = Codes.right(Codes.load(blocks, p + (part & 1) * 16 + l), (part >> 1) * 4);
                Codes.scale(code(q, Codes.left(h.and((byte) 1), 2)), d0, values, y + l);
                Codes.scale(code(Codes.right(q, 2), Codes.left(h.and((byte) 2), 1)), d1, values, y + 32 + l);
                Codes.scale(code(Codes.right(q, 4), h.and((byte) 4)), d2, values, y + 64 + l);
                Codes.scale(code(Codes.right(q, 6), Codes.right(h.and((byte) 8), 1)), d3, values, y + 96 + l);
            }
        }
    }

    private static ByteVector code(ByteVector q, ByteVector high) {
        return q.and((byte) 3).or(high).sub((byte) 4);
    }
}
