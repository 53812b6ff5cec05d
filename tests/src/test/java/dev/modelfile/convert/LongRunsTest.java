package dev.modelfile.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;
import dev.modelfile.Tensor;
import dev.modelfile.convert.ExactReference.Num;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Runs long enough for tables and for loops over whole arrays give what exact arithmetic gives for each element: all
/// codes of at most 16 bits, and bits of wider numbers where rounding is decided.
final class LongRunsTest {
    /// Odd, so that pairs and packed bytes are cut at the end; and enough to be worth a table.
    private static final int WIDE = 18_433;

    private static Stream<ScalarType> real() {
        return Arrays.stream(ScalarType.values()).filter(type -> type.kind() != Kind.COMPLEX);
    }

    /// Every code of half floats, and of what is narrower again and again; edges and random bits of what is wider.
    private static long[] codes(ScalarType type) {
        Random random = new Random(type.ordinal());
        long[] codes = new long[type.bits() == 16 && type.kind() == Kind.FLOAT ? (1 << 16) + 1 : WIDE];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = type.bits() <= 16 ? i & (1L << type.bits()) - 1 : wide(type, random);
        }
        return codes;
    }

    private static long wide(ScalarType type, Random random) {
        long mask = type.bits() == 64 ? -1 : (1L << type.bits()) - 1;
        if (type.kind() != Kind.FLOAT) {
            return (random.nextLong() >> random.nextInt(64)) & mask;
        }
        // Near what narrower types hold: few significant bits, and one in the last place or none.
        int significant = random.nextInt(14);
        int exponent = random.nextInt(6) == 0 ? random.nextInt(320) - 160 : random.nextInt(44) - 26;
        double value =
                Math.scalb((double) (random.nextInt(1 << significant) | 1 << significant), exponent - significant);
        long bits = type == ScalarType.F64
                ? Double.doubleToRawLongBits(value)
                : Float.floatToRawIntBits((float) value) & 0xFFFF_FFFFL;
        return switch (random.nextInt(8)) {
            case 0 -> random.nextLong() & mask;
            case 1 -> bits + 1 & mask;
            case 2 -> bits - 1 & mask;
            case 3 -> bits | 1L << type.bits() - 1;
            default -> bits;
        };
    }

    /// What each code stands for; decoded once, because exact numbers are slow.
    private static Num[] numbers(ScalarType type, long[] codes) {
        Num[] numbers = new Num[codes.length];
        for (int i = 0; i < codes.length; i++) {
            boolean again = type.bits() <= 16 && i >= 1 << type.bits();
            numbers[i] = again ? numbers[(int) codes[i]] : ExactReference.decode(type, codes[i]);
        }
        return numbers;
    }

    private static void check(ScalarType from, ScalarType to, Num[] numbers, long[] codes, long[] found) {
        assertEquals(codes.length, found.length);
        long[] known = new long[1 << 16];
        boolean[] isKnown = new boolean[1 << 16];
        for (int i = 0; i < codes.length; i++) {
            int slot = (int) codes[i] & 0xFFFF;
            if (from.bits() > 16 || !isKnown[slot]) {
                known[slot] = ExactReference.convert(from, to, numbers[i]);
                isKnown[slot] = true;
            }
            if (known[slot] != Arrays64.canonical(to, found[i])) {
                assertEquals(
                        Long.toHexString(known[slot]),
                        Long.toHexString(found[i]),
                        from + " " + Long.toHexString(codes[i]) + " to " + to + " at " + i);
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> everyPair() {
        return real().map(from -> dynamicTest(from.name(), () -> {
            long[] codes = codes(from);
            Num[] numbers = numbers(from, codes);
            for (ScalarType to : real().filter(type -> type != from).toList()) {
                check(from, to, numbers, codes, Arrays64.convert(from, to, codes));
            }
        }));
    }

    /// Arrays are filled from any element on, and nothing around them.
    @TestFactory
    Stream<DynamicTest> everyArray() {
        return real().map(type -> dynamicTest(type.name(), () -> {
            long[] codes = codes(type);
            Tensor tensor = Arrays64.tensor(type, Arrays64.pack(type, codes), codes.length);
            Num[] numbers = numbers(type, codes);
            for (int first = 0; first < 5; first++) {
                read(tensor, type, numbers, codes, first, 2100 + first);
            }
        }));
    }

    private static void read(Tensor tensor, ScalarType type, Num[] numbers, long[] codes, int first, int count)
            throws IOException {
        float[] floats = new float[count + 5];
        tensor.readInto(first, floats, 3, count);
        double[] doubles = new double[count + 5];
        tensor.readInto(first, doubles, 3, count);
        long[] bits = new long[count];
        long[] wide = new long[count];
        for (int i = 0; i < count; i++) {
            bits[i] = Float.floatToRawIntBits(floats[i + 3]) & 0xFFFF_FFFFL;
            wide[i] = Double.doubleToRawLongBits(doubles[i + 3]);
        }
        long[] part = Arrays.copyOfRange(codes, first, first + count);
        Num[] exact = Arrays.copyOfRange(numbers, first, first + count);
        if (type != ScalarType.F32) {
            check(type, ScalarType.F32, exact, part, bits);
        }
        if (type != ScalarType.F64) {
            check(type, ScalarType.F64, exact, part, wide);
        }
        assertTrue(floats[2] == 0 && floats[count + 3] == 0 && doubles[2] == 0 && doubles[count + 3] == 0);
    }
}
