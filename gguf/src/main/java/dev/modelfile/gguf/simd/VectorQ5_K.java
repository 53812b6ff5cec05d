package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q5_K;
import dev.modelfile.gguf.quant.SixBitScales;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [Q5_K].
final class VectorQ5_K extends VectorCodec {

    VectorQ5_K(Q5_K scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 176, o += 256) {
            decodeBlock(blocks, p, values, o);
        }
    }

    private static void decodeBlock(byte[] blocks, int p, float[] values, int o) {
        float d = Bytes.half(blocks, p);
        float dmin = Bytes.half(blocks, p + 2);
        long scales = SixBitScales.scales(blocks, p + 4);
        long mins = SixBitScales.mins(blocks, p + 4);
        for (int pair = 0; pair < 4; pair++, scales >>>= 16, mins >>>= 16) {
            FloatVector d1 = Lanes.all(d * (int) (scales & 63));
            FloatVector m1 = Lanes.all(-(dmin * (int) (mins & 63)));
            FloatVector d2 = Lanes.all(d * (int) (scales >>> 8 & 63));
            FloatVector m2 = Lanes.all(-(dmin * (int) (mins >>> 8 & 63)));
            int y = o + 64 * pair;
            for (int l = 0; l < 32; l += Lanes.W) {
                ByteVector q = Codes.load(blocks, p + 48 + 32 * pair + l);
                ByteVector h = Codes.right(Codes.load(blocks, p + 16 + l), 2 * pair);
                Codes.scale(Codes.low(q).or(Codes.left(h.and((byte) 1), 4)), d1, m1, values, y + l);
                Codes.scale(Codes.high(q).or(Codes.left(h.and((byte) 2), 3)), d2, m2, values, y + 32 + l);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        AffineRow plain = new AffineRow(32, 31, elements, -0.5f, 0.1f, 15, false);
        var row = new AffineSuperRow(plain, 31, 63, values, from, elements, importance);
        for (int b = 0; b < elements / 256; b++) {
            row.store(b, values, from + 256 * b, blocks, 176 * b);
            Q5_K.pack(row.code, blocks, 176 * b);
        }
    }
}
