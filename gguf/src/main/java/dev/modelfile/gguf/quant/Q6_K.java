package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// Q6_K: 256 elements in 210 bytes, `ql[128]; qh[64]; scales i8[16]; d f16`.
///
/// Sixteen groups of 16 with signed scales. Each half of 128 elements takes 64 bytes of `ql` and 32 of `qh`: elements l
/// and l+64 are low and high nibble of `ql[l]`, elements l+32 and l+96 of `ql[l + 32]`, and `qh[l]` holds two more
/// bits of each, in the order l, l+32, l+64, l+96. A value is `(d * scale) * (q - 32)`.
public final class Q6_K implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 210;
    private static final int QH = 128;
    private static final int SCALES = 192;
    private static final int D = 208;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p + D);
            for (int part = 0; part < 4; part++) {
                int half = part >> 1;
                int l0 = (part & 1) * 16;
                int s = p + SCALES + 8 * half + (part & 1);
                float d0 = d * blocks[s];
                float d1 = d * blocks[s + 2];
                float d2 = d * blocks[s + 4];
                float d3 = d * blocks[s + 6];
                int ql = p + 64 * half + l0;
                int qh = p + QH + 32 * half + l0;
                int y = o + 128 * half + l0;
                for (int l = 0; l < 16; l++) {
                    int a = blocks[ql + l];
                    int b = blocks[ql + 32 + l];
                    int h = blocks[qh + l];
                    values[y + l] = d0 * ((a & 15 | (h & 3) << 4) - 32);
                    values[y + 32 + l] = d1 * ((b & 15 | (h & 12) << 2) - 32);
                    values[y + 64 + l] = d2 * ((a >> 4 & 15 | h & 48) - 32);
                    values[y + 96 + l] = d3 * ((b >> 4 & 15 | h >> 2 & 48) - 32);
                }
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        int[] code = new int[ELEMENTS];
        float[] scale = new float[16];
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            int o = from + i;
            for (int j = 0; j < 16; j++) {
                scale[j] = SymmetricSearch.fit(
                        16, 32, values, o + 16 * j, code, 16 * j, importance, importance == null ? 0 : i + 16 * j);
            }
            if (!store(scale, blocks, p)) {
                continue;
            }
            requantise(values, o, code, blocks, p);
            pack(code, blocks, p);
        }
    }

    /// Stores the scales of a block with their `d`.
    ///
    /// @return false if all are zero; the block then stays zero
    public static boolean store(float[] scale, byte[] blocks, int p) {
        float max = Extremes.signedMax(scale, 0, 16);
        if (Math.abs(max) < SymmetricSearch.EPSILON) {
            return false;
        }
        float inverse = -128f / max;
        for (int j = 0; j < 16; j++) {
            blocks[p + SCALES + j] = (byte) Math.min(127, Rounding.nearest(inverse * scale[j]));
        }
        Bytes.putHalf(blocks, p + D, 1 / inverse);
        return true;
    }

    /// Rounds once more, with the scales as they are stored. Groups of scale 0 keep the codes of the search.
    private static void requantise(float[] x, int o, int[] code, byte[] blocks, int p) {
        float d = Bytes.half(blocks, p + D);
        for (int j = 0; j < 16; j++) {
            float dl = d * blocks[p + SCALES + j];
            if (dl == 0) {
                continue;
            }
            for (int l = 16 * j; l < 16 * j + 16; l++) {
                code[l] = Rounding.nearest(x[o + l] / dl, -32, 31) + 32;
            }
        }
    }

    /// Stores the codes of a block.
    public static void pack(int[] code, byte[] blocks, int p) {
        for (int half = 0; half < 2; half++) {
            for (int l = 0; l < 32; l++) {
                int a = code[128 * half + l];
                int b = code[128 * half + 32 + l];
                int c = code[128 * half + 64 + l];
                int e = code[128 * half + 96 + l];
                blocks[p + 64 * half + l] = (byte) (a & 15 | (c & 15) << 4);
                blocks[p + 64 * half + 32 + l] = (byte) (b & 15 | (e & 15) << 4);
                blocks[p + QH + 32 * half + l] = (byte) (a >> 4 | b >> 4 << 2 | c >> 4 << 4 | e >> 4 << 6);
            }
        }
    }
}
