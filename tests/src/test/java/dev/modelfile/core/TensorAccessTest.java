package dev.modelfile.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.BlockType;
import dev.modelfile.DType;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.UnsupportedModelException;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What applications take numbers by: buffers, segments and rows give the same as arrays, for every type and view.
final class TensorAccessTest {
    private static Tensor random(DType type, long... dims) {
        Shape shape = Shape.of(dims);
        byte[] bytes = new byte[Math.toIntExact(type.byteSize(shape))];
        new Random(11).nextBytes(bytes);
        return new Tensor("t", type, shape, TensorData.of(MemorySegment.ofArray(bytes)));
    }

    private static List<DType> types() {
        List<DType> types = new ArrayList<>();
        Stream.of(ScalarType.values())
                .filter(type -> type.kind() != ScalarType.Kind.COMPLEX)
                .forEach(types::add);
        Stream.of(GgmlType.values()).filter(GgmlType::canDecode).forEach(types::add);
        assertTrue(types.size() > 50, types::toString);
        return types;
    }

    /// Rows that fill blocks, and for scalars also some that begin within a byte; as they are, and as views.
    private static List<Tensor> tensors(DType type) {
        List<Tensor> tensors = new ArrayList<>();
        Tensor whole = random(type, 5, 2, 2L * type.blockElements());
        tensors.add(whole);
        tensors.add(whole.slice("::-2"));
        tensors.add(whole.slice("1:4, 1"));
        if (type instanceof ScalarType) {
            Tensor odd = random(type, 9, 7);
            tensors.add(odd);
            tensors.add(odd.slice(":, ::3"));
            tensors.add(odd.slice("2:7, 1:6"));
            tensors.add(random(type, 6_007, 3));
            tensors.add(random(type).named("scalar"));
            tensors.add(random(type, 4, 0));
        }
        return tensors;
    }

    @TestFactory
    Stream<DynamicTest> givesTheSameByEveryWay() {
        return types().stream()
                .map(type -> dynamicTest(type.name(), () -> {
                    for (Tensor tensor : tensors(type)) {
                        float[] expected = reference(tensor);
                        assertArrayEquals(expected, tensor.toFloatArray(), tensor::toString);
                        assertArrayEquals(expected, byRows(tensor), tensor::toString);
                        int n = expected.length;
                        for (int first : new int[] {0, n / 3, n}) {
                            float[] part = Arrays.copyOfRange(expected, first, n);
                            segments(tensor, first, part);
                            buffers(tensor, first, part);
                        }
                    }
                }));
    }

    /// The elements by way of the interfaces that do not decode to floats.
    private static float[] reference(Tensor tensor) throws IOException {
        int count = Math.toIntExact(tensor.shape().elements());
        float[] floats = new float[count];
        if (tensor.dtype() instanceof BlockType blocks) {
            MemorySegment bytes = tensor.toSegment(Arena.ofAuto());
            blocks.decode(bytes, 0, floats, 0, count);
        } else if (tensor.dtype() == ScalarType.I64 || tensor.dtype() == ScalarType.U64) {
            long[] exact = tensor.toLongArray();
            for (int i = 0; i < count; i++) {
                floats[i] = tensor.dtype() == ScalarType.I64
                        ? exact[i]
                        : new BigInteger(Long.toUnsignedString(exact[i])).floatValue();
            }
        } else {
            double[] exact = tensor.toDoubleArray();
            for (int i = 0; i < count; i++) {
                floats[i] = (float) exact[i];
            }
        }
        return floats;
    }

    private static float[] byRows(Tensor tensor) throws IOException {
        float[] all = new float[Math.toIntExact(tensor.shape().elements())];
        long[] rows = new long[1];
        tensor.forEachRow((index, row) -> {
            assertEquals(rows[0]++, index);
            assertEquals(tensor.shape().rowElements(), row.length);
            System.arraycopy(row, 0, all, Math.toIntExact(index * row.length), row.length);
            row[0] = 99; // nobody else sees that
        });
        assertEquals(tensor.shape().rows(), rows[0]);
        return all;
    }

    private static void segments(Tensor tensor, long first, float[] expected) throws IOException {
        long size = 4L * expected.length;
        float[] array = new float[expected.length + 3];
        tensor.decodeInto(first, MemorySegment.ofArray(array).asSlice(8, size));
        assertArrayEquals(expected, Arrays.copyOfRange(array, 2, 2 + expected.length), tensor::toString);
        assertEquals(0, array[1] + array[array.length - 1]);
        try (Arena arena = Arena.ofConfined()) {
            for (MemorySegment target : List.of(
                    arena.allocate(size, 4),
                    arena.allocate(size + 1).asSlice(1),
                    MemorySegment.ofArray(new byte[(int) size + 3]).asSlice(3),
                    MemorySegment.ofArray(new float[expected.length + 1]).asSlice(2, size))) {
                tensor.decodeInto(first, target);
                float[] found = new float[expected.length];
                MemorySegment.copy(target, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, found, 0, found.length);
                assertArrayEquals(expected, found, tensor::toString);
            }
        }
    }

    private static void buffers(Tensor tensor, long first, float[] expected) throws IOException {
        ByteBuffer direct = ByteBuffer.allocateDirect(4 * expected.length + 8);
        for (FloatBuffer target : List.of(
                FloatBuffer.allocate(expected.length + 2),
                ByteBuffer.allocate(4 * expected.length + 8).asFloatBuffer(),
                direct.order(ByteOrder.BIG_ENDIAN).asFloatBuffer(),
                direct.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer())) {
            target.position(1).limit(1 + expected.length);
            tensor.readInto(first, target);
            assertEquals(1 + expected.length, target.position());
            float[] found = new float[expected.length];
            target.get(1, found);
            assertArrayEquals(expected, found, tensor::toString);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        Tensor tensor = random(ScalarType.F16, 3, 4);
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.readInto(1, FloatBuffer.allocate(12)));
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.readInto(-1, FloatBuffer.allocate(1)));
        assertThrows(
                ReadOnlyBufferException.class,
                () -> tensor.readInto(0, FloatBuffer.allocate(12).asReadOnlyBuffer()));
        MemorySegment room = MemorySegment.ofArray(new float[12]);
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.decodeInto(1, room));
        assertThrows(IllegalArgumentException.class, () -> tensor.decodeInto(0, room.asReadOnly()));
        assertThrows(IllegalArgumentException.class, () -> tensor.decodeInto(0, room.asSlice(0, 47)));
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.asByteBuffer(1, 24));
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.asByteBuffer(0, -1));
        Tensor gathered = tensor.slice(":, ::2");
        assertThrows(IllegalStateException.class, gathered::asByteBuffer);
        Tensor complex = random(ScalarType.C64, 2, 2);
        assertThrows(UnsupportedModelException.class, () -> complex.decodeInto(0, room.asSlice(0, 16)));
        assertThrows(UnsupportedModelException.class, () -> complex.forEachRow((index, row) -> {}));
    }

    @Test
    void buffersShowTheBytes() {
        Tensor tensor = random(ScalarType.I16, 3, 4);
        ByteBuffer buffer = tensor.asByteBuffer();
        assertTrue(buffer.isReadOnly());
        assertEquals(ByteOrder.LITTLE_ENDIAN, buffer.order());
        assertEquals(-1, tensor.segment().mismatch(MemorySegment.ofBuffer(buffer)));
        assertEquals(buffer.getShort(6), tensor.asByteBuffer(6, 2).getShort());
    }

    /// An action ends the iteration with its own exception.
    @Test
    void rowsCanBeLeft() {
        List<Long> seen = new ArrayList<>();
        IOException enough = new IOException("enough");
        assertEquals(
                enough,
                assertThrows(
                        IOException.class,
                        () -> random(ScalarType.F32, 9, 2).forEachRow((index, row) -> {
                            seen.add(index);
                            if (index == 4) {
                                throw enough;
                            }
                        })));
        assertEquals(List.of(0L, 1L, 2L, 3L, 4L), seen);
    }

    /// Blocks of so many equal numbers that few bytes make more elements than an `int` counts.
    private record Runs(int blockElements) implements BlockType {
        @Override
        public String name() {
            return "RUNS";
        }

        @Override
        public int blockBytes() {
            return 4;
        }

        @Override
        public void decode(MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
            for (int at = 0; at < elements; at += blockElements) {
                target[targetOffset + at] = source.get(ValueLayout.JAVA_INT_UNALIGNED, sourceOffset);
                sourceOffset += 4;
            }
        }

        @Override
        public void encode(
                float[] source,
                int sourceOffset,
                int elements,
                float @Nullable [] importance,
                MemorySegment target,
                long targetOffset) {
            throw new UnsupportedOperationException();
        }
    }

    @Test
    void rowsGoOnBeyondTwoBillionElements() throws IOException {
        int[] numbers = IntStream.range(0, 1 << 17).toArray();
        Runs type = new Runs(1 << 16);
        Shape shape = Shape.of(1 << 13, 1 << 20);
        ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.nativeOrder());
        bytes.asIntBuffer().put(numbers);
        Tensor tensor = new Tensor("t", type, shape, TensorData.of(MemorySegment.ofBuffer(bytes)));
        assertTrue(shape.elements() > 1L << 32);
        long[] rows = new long[1];
        tensor.forEachRow((index, row) -> {
            rows[0]++;
            for (int i = 0; i < 16; i++) {
                assertEquals(index * 16 + i, row[i << 16]);
            }
        });
        assertEquals(1 << 13, rows[0]);
    }

    /// What is allocated does not depend on how many rows there are.
    @Test
    void rowsAreNotAllocated() throws IOException {
        List<DType> types = new ArrayList<>(types());
        types.removeIf(GgmlType.class::isInstance);
        types.add(new Runs(16));
        for (DType type : types) {
            for (String view : List.of("...", ":, ::-1")) {
                if (type instanceof Runs && !view.equals("...")) {
                    view = "::-1";
                }
                long few = allocated(random(type, 1100, 16).slice(view));
                long many = allocated(random(type, 5100, 16).slice(view));
                String what = type.name() + " " + view;
                assertTrue(few < 1 << 20, () -> what + ": " + few + " bytes for 1100 rows");
                // Gathering takes a little memory for each batch.
                assertTrue(many - few < 4000 * 8, () -> what + ": " + (many - few) + " bytes for 4000 rows more");
            }
        }
    }

    private static long allocated(Tensor tensor) throws IOException {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        float[] sum = new float[1];
        tensor.forEachRow((index, row) -> sum[0] += row[0]);
        long before = threads.getCurrentThreadAllocatedBytes();
        tensor.forEachRow((index, row) -> sum[0] += row[0]);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
