package dev.modelfile.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.Index;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/// Slices give what NumPy gives, on every type, and read no more than they show.
final class SliceTest {
    private static final List<ScalarType> TYPES = List.of(
            ScalarType.U2,
            ScalarType.U4,
            ScalarType.F6_E2M3,
            ScalarType.U8,
            ScalarType.I16,
            ScalarType.I32,
            ScalarType.I64);

    /// A tensor that counts from zero; narrow types wrap.
    private static Tensor counting(ScalarType type, long... dims) {
        Shape shape = Shape.of(dims);
        byte[] bytes = new byte[Math.toIntExact(type.byteSize(shape))];
        for (int i = 0; i < shape.elements(); i++) {
            for (int b = 0; b < Math.min(31, type.bits()); b++) {
                int bit = i * type.bits() + b;
                bytes[bit / 8] |= (byte) ((i >>> b & 1) << bit % 8);
            }
        }
        return new Tensor("t", type, shape, TensorData.of(MemorySegment.ofArray(bytes)));
    }

    /// The codes of a tensor, by way of its bytes.
    private static long[] codes(Tensor tensor) throws IOException {
        ScalarType type = (ScalarType) tensor.dtype();
        byte[] bytes = tensor.toSegment(Arena.ofAuto()).toArray(ValueLayout.JAVA_BYTE);
        assertEquals(type.byteSize(tensor.shape()), bytes.length);
        long[] codes = new long[Math.toIntExact(tensor.shape().elements())];
        for (int i = 0; i < codes.length; i++) {
            for (int b = 0; b < type.bits(); b++) {
                int bit = i * type.bits() + b;
                codes[i] |= (bytes[bit / 8] >>> bit % 8 & 1L) << b;
            }
        }
        return codes;
    }

    private static long wrap(ScalarType type, long value) {
        return type.bits() >= 31 ? value : value & (1L << type.bits()) - 1;
    }

    @TestFactory
    Stream<DynamicTest> asNumPy() {
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode test : Fixtures.json("slices/slices.json").get("cases")) {
            long[] dims = dims(test.get("shape"));
            String expression = test.get("expression").asString();
            tests.add(dynamicTest(test.get("shape") + "[" + expression + "]", () -> {
                for (ScalarType type : TYPES) {
                    Tensor tensor = counting(type, dims);
                    if (test.has("error")) {
                        Class<? extends RuntimeException> expected =
                                switch (test.get("error").asString()) {
                                    case "indexOutOfBounds", "tooManyIndices" -> IndexOutOfBoundsException.class;
                                    default -> IllegalArgumentException.class;
                                };
                        assertThrows(expected, () -> tensor.slice(expression));
                        continue;
                    }
                    Tensor slice = tensor.slice(expression);
                    assertEquals(Shape.of(dims(test.get("result").get("shape"))), slice.shape());
                    long[] wanted = dims(test.get("result").get("values"));
                    for (int i = 0; i < wanted.length; i++) {
                        wanted[i] = wrap(type, wanted[i]);
                    }
                    assertArrayEquals(wanted, codes(slice), type::name);
                }
            }));
        }
        assertTrue(tests.size() > 150);
        return tests.stream();
    }

    private static long[] dims(JsonNode array) {
        return Fixtures.longs(array).stream().mapToLong(Long::longValue).toArray();
    }

    /// What a slice should be: the flat numbers of the elements, by counting.
    private record Naive(long[] dims, long[] flat) {
        static Naive all(long[] dims) {
            int count = 1;
            for (long dim : dims) {
                count = Math.toIntExact(count * dim);
            }
            long[] flat = new long[count];
            for (int i = 0; i < count; i++) {
                flat[i] = i;
            }
            return new Naive(dims, flat);
        }

        /// One axis at a time, the slowest and plainest way.
        Naive range(int axis, long start, long stop, long step) {
            List<Long> chosen = new ArrayList<>();
            for (long at = start; step > 0 ? at < stop : at > stop; at += step) {
                chosen.add(at);
            }
            long inner = 1;
            for (int i = axis + 1; i < dims.length; i++) {
                inner *= dims[i];
            }
            long outer = 1;
            for (int i = 0; i < axis; i++) {
                outer *= dims[i];
            }
            List<Long> result = new ArrayList<>();
            for (long o = 0; o < outer; o++) {
                for (long at : chosen) {
                    for (long i = 0; i < inner; i++) {
                        result.add(flat[Math.toIntExact((o * dims[axis] + at) * inner + i)]);
                    }
                }
            }
            long[] newDims = dims.clone();
            newDims[axis] = chosen.size();
            return new Naive(newDims, result.stream().mapToLong(Long::longValue).toArray());
        }
    }

    /// Slices of slices of slices, on bytes and on what is smaller.
    @TestFactory
    Stream<DynamicTest> chainsOfRandomSlices() {
        return TYPES.stream()
                .map(type -> dynamicTest(type.name(), () -> {
                    Random random = new Random(11);
                    for (int round = 0; round < 150; round++) {
                        long[] dims = new long[1 + random.nextInt(4)];
                        for (int i = 0; i < dims.length; i++) {
                            dims[i] = 1 + random.nextInt(7);
                        }
                        Tensor tensor = counting(type, dims);
                        Naive naive = Naive.all(dims);
                        for (int depth = 0; depth < 3; depth++) {
                            List<Index> indices = new ArrayList<>();
                            for (int axis = 0; axis < dims.length; axis++) {
                                long length = naive.dims()[axis];
                                long step = random.nextInt(4) == 0 ? -1 - random.nextInt(3) : 1 + random.nextInt(3);
                                long a = random.nextInt((int) length + 1);
                                long b = random.nextInt((int) length + 1);
                                long start = step > 0 ? Math.min(a, b) : Math.max(a, b) - 1;
                                long stop = step > 0 ? Math.max(a, b) : Math.min(a, b) - 1;
                                naive = naive.range(axis, start, stop, step);
                                indices.add(
                                        start < 0 ? Index.range(0L, 0L, step) : Index.range(start, open(stop), step));
                            }
                            tensor = tensor.slice(indices);
                            assertArrayEquals(naive.dims(), tensor.shape().toArray());
                            long[] wanted = naive.flat().clone();
                            for (int i = 0; i < wanted.length; i++) {
                                wanted[i] = wrap(type, wanted[i]);
                            }
                            assertArrayEquals(wanted, codes(tensor));
                            checkNumbers(tensor);
                        }
                    }
                }));
    }

    /// A bound of -1 is before the first element here, and the last element to NumPy.
    private static @Nullable Long open(long bound) {
        return bound < 0 ? null : (Long) bound;
    }

    /// Decoding a part gives the part of decoding everything.
    private static void checkNumbers(Tensor tensor) throws IOException {
        double[] all = tensor.toDoubleArray();
        for (int first = 0; first < all.length; first += 3) {
            double[] one = new double[1];
            tensor.readInto(first, one, 0, 1);
            assertEquals(all[first], one[0]);
        }
    }

    @Test
    void scalarsAndEmptyTensors() throws IOException {
        Tensor scalar = counting(ScalarType.I32);
        assertEquals(Shape.of(), scalar.slice("").shape());
        assertEquals(Shape.of(), scalar.slice("...").shape());
        assertArrayEquals(new long[] {0}, scalar.slice("()").toLongArray());
        assertThrows(IndexOutOfBoundsException.class, () -> scalar.slice("0"));
        Tensor nibble = counting(ScalarType.U4);
        assertArrayEquals(new long[] {0}, nibble.slice("...").toLongArray());
        Tensor empty = counting(ScalarType.U4, 0, 5);
        assertEquals(Shape.of(0, 2), empty.slice(":, 1:3").shape());
        assertEquals(0, empty.slice(":, 1:3").toLongArray().length);
        assertEquals(Shape.of(5), counting(ScalarType.I16, 3, 5).slice("-1").shape());
    }

    /// Dimensions that only tensors without elements can have do not overflow.
    @Test
    void hugeEmptyTensors() {
        TensorData nothing = TensorData.of(MemorySegment.ofArray(new byte[0]));
        Tensor long62 = new Tensor("t", ScalarType.F32, Shape.of(0, 1L << 62), nothing);
        assertEquals(Shape.of(0, (1L << 62) - 1), long62.slice(":, 1:").shape());
        Tensor product = new Tensor("t", ScalarType.F32, Shape.ofUnsigned(1L << 62, 2, 0), nothing);
        assertEquals(0, product.slice("::3").shape().elements());
        Tensor unsigned = new Tensor("t", ScalarType.F32, Shape.ofUnsigned(0, -1), nothing);
        assertEquals(Shape.ofUnsigned(0, -1), unsigned.slice(":").shape());
        assertThrows(IndexOutOfBoundsException.class, () -> unsigned.slice(":, 5:"));
    }

    @Test
    void expressionsThatAreNone() {
        Tensor tensor = counting(ScalarType.U8, 3, 3);
        for (String wrong : List.of("a", "1.0", "1:2:3:4", "::", "0,,1", ",", "[0", "0]", "1 2", "None", "0x1")) {
            if (!wrong.equals("::")) {
                assertThrows(IllegalArgumentException.class, () -> tensor.slice(wrong), wrong);
            }
        }
        assertEquals(Shape.of(3, 3), tensor.slice("::").shape());
        assertEquals(Shape.of(3), tensor.slice("[ 1 ]").shape());
        assertEquals(Shape.of(3), tensor.slice("1,").shape());
        assertThrows(IllegalArgumentException.class, () -> Index.range(0L, 1L, 0));
    }

    /// Bytes that remember which of them were read.
    private static final class Recorded implements TensorData {
        private final byte[] bytes;
        private final boolean[] read;

        Recorded(int size) {
            bytes = new byte[size];
            read = new boolean[size];
            new Random(5).nextBytes(bytes);
        }

        @Override
        public long byteSize() {
            return bytes.length;
        }

        @Override
        public @Nullable MemorySegment segment() {
            return null;
        }

        @Override
        public void read(long offset, MemorySegment target) {
            int count = Math.toIntExact(target.byteSize());
            for (int i = 0; i < count; i++) {
                read[(int) offset + i] = true;
            }
            MemorySegment.copy(bytes, (int) offset, target, ValueLayout.JAVA_BYTE, 0, count);
        }
    }

    @Test
    void onlyWhatIsShownIsRead() throws IOException {
        for (String expression : List.of("3:5", "::2, 1", ":, 10:12", "-1", "::-3, ::-4", "2, 5:6", "5:2")) {
            Recorded data = new Recorded(12 * 20 * 4);
            Tensor tensor = new Tensor("t", ScalarType.I32, Shape.of(12, 20), data);
            Tensor slice = tensor.slice(expression);
            for (boolean read : data.read) {
                assertFalse(read, "slicing reads nothing");
            }
            slice.toLongArray();
            slice.sha256();
            long[] shown = codes(counting(ScalarType.I32, 12, 20).slice(expression));
            boolean[] expected = new boolean[data.read.length];
            for (long element : shown) {
                for (int b = 0; b < 4; b++) {
                    expected[(int) element * 4 + b] = true;
                }
            }
            assertArrayEquals(expected, data.read, expression);
        }
    }

    @Test
    void contiguousSlicesStayViews() {
        Tensor tensor = counting(ScalarType.I32, 6, 4);
        MemorySegment whole = tensor.segment();
        Tensor rows = tensor.slice("2:4");
        assertTrue(rows.isMapped());
        assertEquals(2 * 16, rows.segment().address() - whole.address());
        assertEquals(2 * 16, rows.segment().byteSize());
        assertFalse(tensor.slice(":, 1").isMapped());
        assertThrows(IllegalStateException.class, () -> tensor.slice(":, 1").segment());
        Tensor nibbles = counting(ScalarType.U4, 4, 6);
        assertTrue(nibbles.slice("1:3").isMapped());
        assertTrue(nibbles.slice("1, 2:4").isMapped());
        assertFalse(nibbles.slice("1, 1:3").isMapped());
    }
}
