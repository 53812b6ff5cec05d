package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q6_K;
import jdk.incubator.vector.ByteVector;
import org.jspecify.annotations.Nullable;

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
        for (int group = 0; group < 16; group++) {
            float dl = d * blocks[p + 192 + group];
            int half = group >> 3;
            int ql = p + 64 * half + (group & 3) * 16;
            int qh = p + 128 + 32 * half + (group & 1) * 16;
            for (int l = 0; l < 16; l += Lanes.W) {
                ByteVector q =
                        Codes.right(Codes.load(blocks, ql + l), group & 4).and((byte) 15);
                ByteVector h =
                        Codes.right(Codes.load(blocks, qh + l), group & 6).and((byte) 3);
                ByteVector code = q.or(Codes.left(h, 4)).sub((byte) 32);
                Codes.scale(code, Lanes.all(dl), values, o + 16 * group + l);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        SymmetricRow row = new SymmetricRow(16, 32, elements);
        row.fit(values, from, elements, importance);
        int[] code = new int[256];
        float[] scale = new float[16];
        for (int b = 0; b < elements / 256; b++) {
            int p = 210 * b;
            System.arraycopy(row.scale, 16 * b, scale, 0, 16);
            if (!Q6_K.store(scale, blocks, p)) {
                continue;
            }
            float d = Bytes.half(blocks, p + 208);
            for (int j = 0; j < 16; j++) {
                int o = from + 256 * b + 16 * j;
                row.round(16 * b + j, values, o, d * blocks[p + 192 + j], code, 16 * j);
            }
            Q6_K.pack(code, blocks, p);
        }
    }
}
