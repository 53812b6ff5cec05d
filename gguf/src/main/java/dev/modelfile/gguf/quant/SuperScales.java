package dev.modelfile.gguf.quant;

/// The scales and minima of a block of Q4_K or Q5_K, and how they are stored: `d f16; dmin f16; scales[12]`.
public final class SuperScales {

    private static final int DMIN = 2;
    private static final int SCALES = 4;

    final float[] scale = new float[8];
    final float[] min = new float[8];
    final float[] groupWeight = new float[8];
    private final int[] scaleCode = new int[8];
    private final int[] minCode = new int[8];

    /// Takes the eight groups from `group` on.
    public void take(float[] scales, float[] mins, float[] weights, int group) {
        System.arraycopy(scales, group, scale, 0, 8);
        System.arraycopy(mins, group, min, 0, 8);
        System.arraycopy(weights, group, groupWeight, 0, 8);
    }

    /// Stores them as the encoder without an importance matrix does.
    public void store(byte[] blocks, int p) {
        float maxScale = 0;
        float maxMin = 0;
        for (int j = 0; j < 8; j++) {
            maxScale = scale[j] > maxScale ? scale[j] : maxScale;
            maxMin = min[j] > maxMin ? min[j] : maxMin;
        }
        float inverse = maxScale > 0 ? 63f / maxScale : 0f;
        float inverseMin = maxMin > 0 ? 63f / maxMin : 0f;
        for (int j = 0; j < 8; j++) {
            int s = Math.min(63, Rounding.nearest(inverse * scale[j]) & 0xFF);
            int m = Math.min(63, Rounding.nearest(inverseMin * min[j]) & 0xFF);
            SixBitScales.put(blocks, p + SCALES, j, s, m);
        }
        Bytes.putHalf(blocks, p, maxScale / 63f);
        Bytes.putHalf(blocks, p + DMIN, maxMin / 63f);
    }

    /// Stores them as the encoder with an importance matrix does.
    ///
    /// @param limit the largest stored code for a scale or a minimum; matters for codes of negative scales, which wrap
    public void storeWeighted(int limit, byte[] blocks, int p) {
        float d = SymmetricSearch.fitPositive(8, 63, scale, scaleCode, groupWeight);
        float dmin = SymmetricSearch.fitPositive(8, 63, min, minCode, groupWeight);
        for (int j = 0; j < 8; j++) {
            SixBitScales.put(blocks, p + SCALES, j, Math.min(limit, scaleCode[j]), Math.min(limit, minCode[j]));
        }
        Bytes.putHalf(blocks, p, d);
        Bytes.putHalf(blocks, p + DMIN, dmin);
    }
}
