package dev.modelfile.gguf.quant;

import org.jspecify.annotations.Nullable;

/// IQ4_XS: 256 elements in 136 bytes, `d f16; scales_h u16; scales_l[4]; qs[128]`.
///
/// Eight groups of 32 as in [IQ4_NL], each with a 6-bit scale: four bits are a nibble of `scales_l`, two are in
/// `scales_h`. A value is `(d * (scale - 32)) * level`.
public final class IQ4_XS implements BlockCodec {

    private static final int ELEMENTS = 256;
    private static final int BYTES = 136;
    private static final int SCALES_H = 2;
    private static final int SCALES_L = 4;
    private static final int QS = 8;

    @Override
    public void decode(byte[] blocks, int from, float[] values, int to, int count) {
        for (int n = 0, p = from, o = to; n < count; n++, p += BYTES, o += ELEMENTS) {
            float d = Bytes.half(blocks, p);
            int high = Bytes.u16(blocks, p + SCALES_H);
            for (int group = 0; group < 8; group++) {
                int low = blocks[p + SCALES_L + group / 2] >> 4 * (group & 1) & 15;
                float dl = d * ((low | (high >> 2 * group & 3) << 4) - 32);
                int q = p + QS + 16 * group;
                int y = o + 32 * group;
                for (int j = 0; j < 16; j++) {
                    values[y + j] = dl * NonLinear.level(blocks[q + j] & 15);
                    values[y + 16 + j] = dl * NonLinear.level(blocks[q + j] >> 4 & 15);
                }
            }
        }
    }

    @Override
    public void encode(float[] values, int from, int elements, float @Nullable [] importance, byte[] blocks) {
        float[] weight = new float[32];
        float[] scale = new float[8];
        for (int p = 0, i = 0; p < blocks.length; p += BYTES, i += ELEMENTS) {
            int o = from + i;
            float sigma2 = Weights.sumOfSquares(values, o, ELEMENTS) * (2f / ELEMENTS);
            for (int group = 0; group < 8; group++) {
                NonLinear.weigh(weight, values, o + 32 * group, importance, i + 32 * group, sigma2);
                scale[group] = NonLinear.fit(values, o + 32 * group, weight);
            }
            encodeBlock(values, o, scale, blocks, p);
        }
    }

    /// Stores a block. Codes are chosen with the products of the unrounded `d`.
    public static void encodeBlock(float[] x, int o, float[] scale, byte[] blocks, int p) {
        float d = -Extremes.signedMax(scale, 0, 8) / 32;
        float id = d != 0 ? 1 / d : 0f;
        int high = 0;
        for (int group = 0; group < 8; group++) {
            int l = Rounding.nearest(id * scale[group], -32, 31);
            float dl = d * l;
            NonLinear.encode(x, o + 32 * group, dl != 0 ? 1 / dl : 0f, blocks, p + QS + 16 * group);
            blocks[p + SCALES_L + group / 2] |= (byte) ((l + 32 & 15) << 4 * (group & 1));
            high |= l + 32 >> 4 << 2 * group;
        }
        Bytes.putHalf(blocks, p, d);
        Bytes.putU16(blocks, p + SCALES_H, high);
    }
}
