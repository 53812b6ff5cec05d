package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q6_K;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;

/// The vector kernels of [Q6_K].
final class VectorQ6_K extends VectorCodec {

    VectorQ6_K(Q6_K scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 210, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p + 208);
        for (int part = 0; part < 4; part++) {
            int half = part >> 1;
            int l0 = (part & 1) * 16;
            int s = p + 192 + 8 * half + (part & 1);
            FloatVector d0 = Lanes.all(d * blocks[s]);
            FloatVector d1 = Lanes.all(d * blocks[s + 2]);
            FloatVector d2 = Lanes.all(d * blocks[s + 4]);
            FloatVector d3 = Lanes.all(d * blocks[s + 6]);
            int y = o + 128 * half + l0;
            for (int l = 0; l < 16; l += Lanes.W) {
                ByteVector a = Codes.load(blocks, p + 64 * half + l0 + l);
                ByteVector b = Codes.load(blocks, p + 64 * half + 32 + l0 + l);
                ByteVector h = Codes.load(blocks, p + 128 + 32 * half + l0 + l);
                Codes.scale(code(Codes.low(a), Codes.left(h.and((byte) 3), 4)), d0, values, y + l);
                Codes.scale(code(Codes.low(b), Codes.left(h.and((byte) 12), 2)), d1, values, y + 32 + l);
                Codes.scale(code(Codes.high(a), h.and((byte) 48)), d2, values, y + 64 + l);
                Codes.scale(code(Codes.high(b), Codes.right(h, 2).and((byte) 48)), d3, values, y + 96 + l);
            }
        }
    }

    private static ByteVector code(ByteVector low, ByteVector high) {
        return low.or(high).sub((byte) 32);
    }
}
