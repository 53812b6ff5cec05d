package dev.modelfile.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.contract.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/// Conversions give the bits of the golden files, which are exact arithmetic checked against ml_dtypes and torch.
final class GoldenTest {
    private static final List<ScalarType> SMALL = List.of(
            ScalarType.F4,
            ScalarType.F6_E2M3,
            ScalarType.F6_E3M2,
            ScalarType.F8_E4M3,
            ScalarType.F8_E4M3FNUZ,
            ScalarType.F8_E5M2,
            ScalarType.F8_E5M2FNUZ,
            ScalarType.F8_E8M0);
    private static final List<ScalarType> F8 =
            List.of(ScalarType.F8_E4M3, ScalarType.F8_E4M3FNUZ, ScalarType.F8_E5M2, ScalarType.F8_E5M2FNUZ);

    @TestFactory
    Stream<DynamicTest> smallFloatsDecode() {
        return SMALL.stream()
                .map(type -> dynamicTest(type.name(), () -> {
                    long[] expected = Arrays64.golden(type + "-to-f32.bin", 4);
                    assertEquals(1 << type.bits(), expected.length);
                    long[] codes = new long[expected.length];
                    for (int i = 0; i < codes.length; i++) {
                        codes[i] = i;
                    }
                    assertFloats(expected, Arrays64.convert(type, ScalarType.F32, codes));
                    Tensor tensor = Arrays64.tensor(type, Arrays64.pack(type, codes), codes.length);
                    float[] floats = tensor.toFloatArray();
                    double[] doubles = tensor.toDoubleArray();
                    long[] longs = tensor.toLongArray();
                    for (int i = 0; i < codes.length; i++) {
                        float value = Float.intBitsToFloat((int) expected[i]);
                        assertEquals(value, floats[i]);
                        assertEquals((double) value, doubles[i]);
                        assertEquals((long) value, longs[i]);
                    }
                }));
    }

    private static void assertFloats(long[] expected, long[] found) {
        for (int i = 0; i < expected.length; i++) {
            boolean nan = Arrays64.isNan(ScalarType.F32, expected[i]);
            assertEquals(nan, Arrays64.isNan(ScalarType.F32, found[i]));
            if (!nan) {
                assertEquals(expected[i], found[i], "code " + i);
            }
        }
    }

    @Test
    void halfFloatsDecode() throws Exception {
        for (ScalarType type : List.of(ScalarType.F16, ScalarType.BF16)) {
            long[] codes = new long[1 << 16];
            for (int i = 0; i < codes.length; i++) {
                codes[i] = i;
            }
            ByteBuffer bits = ByteBuffer.allocate(4 * codes.length).order(ByteOrder.LITTLE_ENDIAN);
            for (float value : Arrays64.tensor(type, Arrays64.pack(type, codes), codes.length)
                    .toFloatArray()) {
                bits.putInt(Float.floatToIntBits(value));
            }
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bits.array()));
            assertEquals(
                    Fixtures.json("convert/decoded.json")
                            .get("sha256")
                            .get(type.name())
                            .asString(),
                    digest);
        }
    }

    /// A golden file: where its inputs are, what they are, and what they become.
    private record Golden(String inputs, int inputBytes, ScalarType from, String results, ScalarType to) {
        void check() throws IOException {
            long[] codes = Arrays64.golden(inputs, inputBytes);
            long[] expected = Arrays64.golden(results, Math.max(1, to.bits() / 8));
            assertTrue(codes.length >= 300 && codes.length == expected.length);
            long[] found = Arrays64.convert(from, to, codes);
            for (int i = 0; i < codes.length; i++) {
                if (Arrays64.canonical(to, expected[i]) != Arrays64.canonical(to, found[i])) {
                    assertEquals(
                            Long.toHexString(expected[i]),
                            Long.toHexString(found[i]),
                            from + " " + Long.toHexString(codes[i]) + " to " + to);
                }
            }
        }
    }

    private static String results(String from, ScalarType to) {
        // Like torch, E4M3 saturates here; the plain golden is of the other mode.
        return from + "-to-" + to + (to == ScalarType.F8_E4M3 && from.equals("f32") ? ".saturating.bin" : ".bin");
    }

    @TestFactory
    Stream<DynamicTest> floatsEncode() {
        List<Golden> goldens = new ArrayList<>();
        List<ScalarType> narrow = new ArrayList<>(SMALL);
        narrow.addAll(List.of(ScalarType.F16, ScalarType.BF16));
        for (ScalarType to : narrow) {
            goldens.add(new Golden("f32-inputs.bin", 4, ScalarType.F32, results("f32", to), to));
            if (to != ScalarType.F8_E4M3) {
                goldens.add(new Golden("f64-inputs.bin", 8, ScalarType.F64, results("f64", to), to));
            }
        }
        goldens.add(new Golden("f64-inputs.bin", 8, ScalarType.F64, "f64-to-F32.bin", ScalarType.F32));
        for (Map.Entry<String, ScalarType> from :
                Map.of("i64", ScalarType.I64, "u64", ScalarType.U64).entrySet()) {
            List<ScalarType> wide =
                    new ArrayList<>(List.of(ScalarType.F64, ScalarType.F32, ScalarType.F16, ScalarType.BF16));
            wide.addAll(F8);
            wide.remove(ScalarType.F8_E4M3);
            for (ScalarType to : wide) {
                goldens.add(
                        new Golden(from.getKey() + "-inputs.bin", 8, from.getValue(), results(from.getKey(), to), to));
            }
        }
        return goldens.stream().map(golden -> dynamicTest(golden.results(), golden::check));
    }

    /// From F64 and the integers there are only goldens of the mode that does not saturate: those that overflow there
    /// are 448 here, and the others agree.
    @TestFactory
    Stream<DynamicTest> widerNumbersSaturateE4m3() {
        return Map.of("f64", ScalarType.F64, "i64", ScalarType.I64, "u64", ScalarType.U64).entrySet().stream()
                .map(from -> dynamicTest(from.getKey(), () -> {
                    long[] codes = Arrays64.golden(from.getKey() + "-inputs.bin", 8);
                    long[] plain = Arrays64.golden(from.getKey() + "-to-F8_E4M3.bin", 1);
                    long[] found = Arrays64.convert(from.getValue(), ScalarType.F8_E4M3, codes);
                    int saturated = 0;
                    for (int i = 0; i < codes.length; i++) {
                        boolean nan = from.getValue() == ScalarType.F64 && Arrays64.isNan(ScalarType.F64, codes[i]);
                        boolean overflow = (plain[i] & 0x7F) == 0x7F && !nan;
                        saturated += overflow ? 1 : 0;
                        assertEquals(overflow ? plain[i] - 1 : plain[i], found[i], Long.toHexString(codes[i]));
                    }
                    assertTrue(saturated > 10);
                }));
    }

    @TestFactory
    Stream<DynamicTest> floatsTruncateToIntegers() {
        return Stream.of(
                        ScalarType.I8,
                        ScalarType.U8,
                        ScalarType.I16,
                        ScalarType.U16,
                        ScalarType.I32,
                        ScalarType.U32,
                        ScalarType.I64,
                        ScalarType.U64)
                .map(to -> new Golden(
                        "f32-in-" + to + "-inputs.bin", 4, ScalarType.F32, "f32-in-" + to + "-to-" + to + ".bin", to))
                .map(golden -> dynamicTest(golden.results(), golden::check));
    }

    @TestFactory
    Stream<DynamicTest> subByteElementsPackAsOnnx() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode test : Fixtures.json("convert/packing.json").get("cases")) {
            ScalarType type = ScalarType.valueOf(test.get("kind").asString());
            double[] values = new double[test.get("values").size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = test.get("values").get(i).asDouble();
            }
            tests.add(dynamicTest(type + " " + values.length, () -> {
                byte[] packed = Fixtures.hex(test.get("bytesHex"));
                assertEquals(packed.length, type.byteSize(values.length));
                Tensor tensor = Arrays64.tensor(type, packed, values.length);
                assertArrayEquals(values, tensor.toDoubleArray());
                assertArrayEquals(
                        packed,
                        Arrays64.bytes(Arrays64.tensor(
                                        ScalarType.F64, Arrays64.pack(ScalarType.F64, bits(values)), values.length)
                                .as(type)));
            }));
        }
        assertTrue(tests.size() > 20);
        return tests.stream();
    }

    private static long[] bits(double[] values) {
        long[] bits = new long[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Double.doubleToRawLongBits(values[i]);
        }
        return bits;
    }
}
