package dev.modelfile.gguf.quant;

/// The twelve bytes in which Q4_K and Q5_K store eight 6-bit scales and eight 6-bit minima.
///
/// Bytes 0-3 are the scales of groups 0-3, bytes 4-7 their minima, six bits each. Bytes 8-11 hold groups 4-7: scale in
/// the low nibble, minimum in the high one, and the two bits that are missing are the top bits of bytes 0-7.
public final class SixBitScales {

    private SixBitScales() {}

    public static int scale(byte[] b, int at, int group) {
        return group < 4 ? b[at + group] & 63 : b[at + 4 + group] & 15 | (b[at + group - 4] >> 6 & 3) << 4;
    }

    public static int min(byte[] b, int at, int group) {
        return group < 4 ? b[at + 4 + group] & 63 : b[at + 4 + group] >> 4 & 15 | (b[at + group] >> 6 & 3) << 4;
    }

    /// All eight scales, a byte each, that of the first group lowest.
    public static long scales(byte[] b, int at) {
        int top = Bytes.i32(b, at) >>> 6 & 0x03030303;
        return pack(Bytes.i32(b, at) & 0x3F3F3F3F, Bytes.i32(b, at + 8) & 0x0F0F0F0F | top << 4);
    }

    /// All eight minima, as [#scales].
    public static long mins(byte[] b, int at) {
        int top = Bytes.i32(b, at + 4) >>> 6 & 0x03030303;
        return pack(Bytes.i32(b, at + 4) & 0x3F3F3F3F, Bytes.i32(b, at + 8) >>> 4 & 0x0F0F0F0F | top << 4);
    }

    private static long pack(int low, int high) {
        return (long) high << 32 | low;
    }

    /// Stores the pair of a group; groups must come in order.
    public static void put(byte[] b, int at, int group, int scale, int min) {
        if (group < 4) {
            b[at + group] = (byte) scale;
            b[at + group + 4] = (byte) min;
        } else {
            b[at + group + 4] = (byte) (scale & 15 | (min & 15) << 4);
            b[at + group - 4] |= (byte) (scale >> 4 << 6);
            b[at + group] |= (byte) (min >> 4 << 6);
        }
    }
}
