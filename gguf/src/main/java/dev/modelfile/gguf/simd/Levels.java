package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.Bytes;
import dev.modelfile.gguf.quant.NonLinear;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;

/// Decodes nibbles that stand for sixteen levels.
final class Levels {

    /// The levels of IQ4_NL and IQ4_XS.
    static final ByteVector UNEVEN = uneven();
    /// The doubled 4-bit floats of MXFP4 and NVFP4.
    static final ByteVector FP4 = ByteVector.fromArray(
            ByteVector.SPECIES_128, new byte[] {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12}, 0);

    private static final long NIBBLES = 0x0F0F0F0F0F0F0F0FL;

    private Levels() {}

    private static ByteVector uneven() {
        byte[] levels = new byte[16];
        for (int i = 0; i < 16; i++) {
            levels[i] = (byte) NonLinear.level(i);
        }
        return ByteVector.fromArray(ByteVector.SPECIES_128, levels, 0);
    }

    /// Writes `d * level` for 32 elements from 16 bytes: low nibbles, then high nibbles.
    static void decode(byte[] blocks, int at, ByteVector levels, FloatVector d, float[] values, int to) {
        ByteVector q = ByteVector.fromArray(ByteVector.SPECIES_128, blocks, at);
        Codes.scale16(Codes.low(q).selectFrom(levels), d, values, to);
        Codes.scale16(Codes.high(q).selectFrom(levels), d, values, to + 16);
    }

    /// Writes `d * level` for 16 elements from 8 bytes: low nibbles, then high nibbles.
    static void decodeShort(byte[] blocks, int at, float d, float[] values, int to) {
        long q = Bytes.i64(blocks, at);
        ByteVector codes = LongVector.broadcast(LongVector.SPECIES_128, q & NIBBLES)
                .withLane(1, q >>> 4 & NIBBLES)
                .reinterpretAsBytes();
        Codes.scale16(codes.selectFrom(FP4), Lanes.all(d), values, to);
    }
}
