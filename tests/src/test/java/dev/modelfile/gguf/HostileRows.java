package dev.modelfile.gguf;

/// Rows, weights and block bytes from a seed, of the kinds that break quantisers. A C program makes the same ones: the
/// generator is SplitMix64, and every float is built from its bits or by single float operations in the order written.
final class HostileRows {

    static final int COLUMNS = 1024;
    /// Kinds whose sums stay in the range of a float, and one (the last) that makes some searches overflow.
    static final int KINDS = 17;
    /// Kinds up to the largest float.
    static final int ALL_KINDS = 20;

    private static final long ROW_STEP = 0xD1342543DE82EF95L;

    private long state;

    private HostileRows(long seed, int row, int stream) {
        this.state = seed + row * ROW_STEP + stream;
    }

    /// A row of values.
    static float[] row(long seed, int row, int kind) {
        HostileRows random = new HostileRows(seed, row, 0);
        float base = random.symmetric();
        float[] values = new float[COLUMNS];
        for (int i = 0; i < COLUMNS; i++) {
            values[i] = random.value(kind, i, base);
        }
        return values;
    }

    /// A row of an importance matrix: ordinary, with zeros, of very different sizes, all ones.
    static float[] weights(long seed, int row) {
        HostileRows random = new HostileRows(seed, row, 1);
        float[] weights = new float[COLUMNS];
        for (int i = 0; i < COLUMNS; i++) {
            float u = random.unit();
            weights[i] = switch (row % 4) {
                case 0 -> u + 0.01f;
                case 1 -> (random.next() & 3) != 0 ? u * u * 10 : 0;
                case 2 -> u * power(-20 + random.below(40));
                default -> 1;
            };
        }
        return weights;
    }

    /// Bytes without any structure.
    static byte[] bytes(long seed, int row, int size) {
        HostileRows random = new HostileRows(seed, row, 2);
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (random.next() >>> 56);
        }
        return bytes;
    }

    private float value(int kind, int i, float base) {
        return switch (kind) {
            case 0 -> bell() * 0.02f;
            case 1 -> symmetric();
            case 2 -> fifthPower(symmetric()) * 8;
            case 3 -> symmetric() * 0x1p-30f;
            case 4 -> withExponent(0, 1); // subnormal
            case 5 -> withExponent(107, 30);
            case 6 -> base;
            case 7 -> (next() & 1) != 0 ? 0f : -0f;
            case 8 -> below(256) == 0 ? symmetric() : zero(symmetric());
            case 9 -> unit() + 10;
            case 10 -> -1 - unit();
            case 11 -> (below(17) - 8) * 0.25f; // ties
            case 12 -> (next() & 1) != 0 ? base : -base;
            case 13 -> symmetric() * 10000;
            case 14 -> symmetric() * power(-20 + i / 32 * 7 % 40);
            case 15 -> below(8) == 0 ? bell() : zero(bell());
            case 16 -> withExponent(150, 30);
            case 17 -> withExponent(187, 60);
            case 18 -> withExponent(0, 255);
            default -> (next() & 1) != 0 ? Float.MAX_VALUE : -Float.MAX_VALUE;
        };
    }

    private long next() {
        state += 0x9E3779B97F4A7C15L;
        long z = (state ^ state >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    private int below(int n) {
        return (int) Long.remainderUnsigned(next(), n);
    }

    private float unit() {
        return (int) (next() >>> 40) * 0x1p-24f;
    }

    private float symmetric() {
        return 2 * unit() - 1;
    }

    private float bell() {
        float sum = symmetric();
        sum += symmetric();
        sum += symmetric();
        sum += symmetric();
        return sum;
    }

    private static float fifthPower(float u) {
        return u * u * u * u * u;
    }

    /// Zero; the argument is drawn all the same, so that the sequence does not depend on the outcome.
    private static float zero(float drawn) {
        return 0f;
    }

    private float withExponent(int lowest, int count) {
        long r = next();
        int exponent = lowest + (int) ((r >>> 32) % count);
        return Float.intBitsToFloat((int) (r & 0x807FFFFFL) | exponent << 23);
    }

    private static float power(int exponent) {
        return Float.intBitsToFloat(127 + exponent << 23);
    }
}
