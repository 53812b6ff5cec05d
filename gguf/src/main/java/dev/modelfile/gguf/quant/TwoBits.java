package dev.modelfile.gguf.quant;

/// The order in which Q2_K and Q3_K store two bits of each of 256 elements in 64 bytes.
public final class TwoBits {

    private TwoBits() {}

    /// Byte l of a half holds elements l, l+32, l+64, l+96 of that half, lowest bits first.
    public static void pack(int[] code, byte[] blocks, int at) {
        for (int half = 0; half < 2; half++) {
            int j = 128 * half;
            for (int l = 0; l < 32; l++, j++) {
                blocks[at + 32 * half + l] =
                        (byte) (code[j] | code[j + 32] << 2 | code[j + 64] << 4 | code[j + 96] << 6);
            }
        }
    }
}
