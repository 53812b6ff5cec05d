package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.Q4_K;
import dev.modelfile.gguf.quant.SixBitScales;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The vector kernels of [Q4_K].
final class VectorQ4_K extends VectorCodec {

    VectorQ4_K(Q4_K scalar) {
        super(scalar);
    }

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += 144, o += 256) {
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
                ByteVector q = Codes.load(blocks, p + 16 + 32 * pair + l);
                Codes.scale(Codes.low(q), d1, m1, values, y + l);
                Codes.scale(Codes.high(q), d2, m2, values, y + 32 + l);
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        AffineRow plain = new AffineRow(32, 15, elements, -1f, 0.1f, 20, false);
        var row = new AffineSuperRow(plain, 15, 255, values, from, elements, importance);
        for (int b = 0; b < elements / 256; b++) {
            row.store(b, values, from + 256 * b, blocks, 144 * b);
            Q4_K.pack(row.code, blocks, 144 * b);
        }
    }
}
