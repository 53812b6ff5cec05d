package dev.modelfile.gguf.quant;

/// The twelve bytes in which Q4_K and Q5_K store eight 6-bit scales and eight 6-bit minima.
///
/// Bytes 0-3 are the scales of groups 0-3, bytes 4-7 their minima, six bits each. Bytes 8-11 hold groups 4-7: scale in
/// the low nibble, minimum in the high one, and the two bits that are missing are the top bits of bytes 0-7.
final class SixBitScales {

    private SixBitScales() {}

    static int scale(byte[] b, int at, int group) {
        return group < 4 ? b[at + group] & 63 : b[at + 4 + group] & 15 | (b[at + group - 4] >> 6 & 3) << 4;
    }

    static int min(byte[] b, int at, int group) {
        return group < 4 ? b[at + 4 + group] & 63 : b[at + 4 + group] >> 4 & 15 | (b[at + group] >> 6 & 3) << 4;
    }

    /// Stores the pair of a group; groups must come in order.
    static void put(byte[] b, int at, int group, int scale, int min) {
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
