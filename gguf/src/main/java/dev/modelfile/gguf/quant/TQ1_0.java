package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// TQ1_0: 256 elements in 54 bytes, `qs[48]; qh[4]; d f16`.
///
/// A byte of `qs` holds five ternary digits as a fixed-point fraction of 256, the first element in the most significant
/// digit; a byte of `qh` holds four. Digits are read by multiplying with powers of three, modulo 256. Elements are
/// laid out digit by digit over 32 bytes, then over the next 16 bytes, then over `qh`. A value is `(digit - 1) * d`.
public final class TQ1_0 implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 54;
    private static final int QH = 48;
    private static final int D = 52;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p + D);
            decodeGroup(blocks, p, 32, 5, values, o, d);
            decodeGroup(blocks, p + 32, 16, 5, values, o + 160, d);
            decodeGroup(blocks, p + QH, 4, 4, values, o + 240, d);
        }
    }

    public static void decodeGroup(byte[] blocks, int p, int width, int digits, float[] values, int o, float d) {
        int power = 1;
        for (int digit = 0, out = o; digit < digits; digit++, power *= 3, out += width) {
            for (int m = 0; m < width; m++) {
                int fraction = blocks[p + m] * power & 0xFF;
                values[out + m] = ((fraction * 3 >> 8) - 1) * d;
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        for (int p = 0, o = from; p < blocks.length; p += BYTES, o += ELEMENTS) {
            float d = Extremes.absMax(values, o, ELEMENTS);
            float id = Ternary.inverse(d);
            encodeGroup(values, o, id, 32, 5, blocks, p);
            encodeGroup(values, o + 160, id, 16, 5, blocks, p + 32);
            encodeGroup(values, o + 240, id, 4, 4, blocks, p + QH);
            Bytes.putHalf(blocks, p + D, d);
        }
    }

    private static void encodeGroup(float[] x, int o, float id, int width, int digits, byte[] blocks, int p) {
        int[] code = new int[width * digits];
        for (int i = 0; i < code.length; i++) {
            code[i] = Ternary.code(x[o + i] * id);
        }
        pack(code, 0, width, digits, blocks, p);
    }

    /// Stores `width` bytes of so many digits each, the first of each byte first.
    public static void pack(int[] code, int from, int width, int digits, byte[] blocks, int p) {
        for (int m = 0; m < width; m++) {
            int q = 0;
            for (int digit = 0; digit < digits; digit++) {
                q = q * 3 + code[from + m + digit * width];
            }
            if (digits == 4) {
                q *= 3;
            }
            // The ceiling of q * 256 / 3^5: multiplying back never falls short.
            blocks[p + m] = (byte) (((q & 0xFF) * 256 + 242) / 243);
        }
    }
}
