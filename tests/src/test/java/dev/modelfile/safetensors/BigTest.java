package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFile;
import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.ChildJvm;
import dev.modelfile.contract.Handles;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tensors and files beyond 2 GiB and beyond the heap. The big files are sparse.
final class BigTest {
    private static final long GIB = 1L << 30;

    /// A file with one tensor of zeros, and a few numbers in places that are hard to reach.
    private static Path sparse(Path file, String dtype, String shape, long bytes, long... marks) throws IOException {
        String json =
                "{\"big\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[0," + bytes + "]}}";
        json += " ".repeat(Math.floorMod(-json.length(), 8));
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            ByteBuffer head = ByteBuffer.allocate(8 + json.length()).order(ByteOrder.LITTLE_ENDIAN);
            head.putLong(json.length()).put(json.getBytes(StandardCharsets.US_ASCII));
            channel.write(head.flip(), 0);
            long data = 8 + json.length();
            channel.write(ByteBuffer.allocate(1), data + bytes - 1);
            for (long mark : marks) {
                channel.write(ByteBuffer.wrap(mark(mark)), data + mark);
            }
        }
        return file;
    }

    private static byte[] mark(long offset) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(1 + offset % 1000)
                .array();
    }

    private static void needsSpace(Path folder, long bytes) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        Assumptions.assumeTrue(
                free >= bytes, "needs " + bytes / GIB + " GiB of free disk, there are " + free / GIB + " GiB");
    }

    /// Copies a model, or converts it to another type: `FROM TO [TYPE]`.
    static final class Copier {
        private Copier() {}

        public static void main(String[] args) throws IOException {
            Conversion conversion = Conversion.from(Path.of(args[0]))
                    .writing(WriteOptions.defaults().withSync(false));
            if (args.length > 2) {
                conversion.type(tensor -> ScalarType.valueOf(args[2]));
            }
            Conversion.Report report = conversion.write(Path.of(args[1]), Safetensors.FORMAT);
            System.out.println(report.bytes() + " bytes");
        }
    }

    private static void copies(List<String> options, String... arguments) throws Exception {
        ChildJvm.Result result = ChildJvm.run(Duration.ofSeconds(150), options, Copier.class, arguments);
        assertEquals(0, result.exit(), result::output);
    }

    @Test
    void fiveGibibytesInSixtyFourMebibytes(@TempDir Path folder) throws Exception {
        needsSpace(folder, 12 * GIB);
        long bytes = 5 * GIB;
        long[] marks = {0, 4 * 12_345_678L, 2 * GIB - 4, 2 * GIB, 4 * GIB - 4, 4 * GIB, bytes - 4};
        Path from = sparse(folder.resolve("from.safetensors"), "F32", "[1310720,1024]", bytes, marks);
        Path to = folder.resolve("to.safetensors");
        copies(List.of("-Xmx64m"), from.toString(), to.toString());
        assertEquals(Files.size(from), Files.size(to));
        try (SafetensorsFile model = Safetensors.open(to)) {
            Tensor big = model.tensor("big");
            float[] one = new float[1];
            for (long at : marks) {
                big.readInto(at / 4, one, 0, 1);
                assertEquals(1 + at % 1000, one[0], "at " + at);
            }
            big.readInto(marks[2] / 4 - 1, one, 0, 1);
            assertEquals(0, one[0]);
        }
        Files.delete(to);
    }

    @Test
    void convertsMoreThanTheHeap(@TempDir Path folder) throws Exception {
        needsSpace(folder, GIB);
        long bytes = 300L << 20;
        Path from = sparse(folder.resolve("from.safetensors"), "F32", "[300,1024,256]", bytes, 0, bytes - 4);
        Path to = folder.resolve("to.safetensors");
        // Every processor works on chunks of its own; many of them must not need more than the heap.
        copies(List.of("-Xmx64m", "-XX:ActiveProcessorCount=96"), from.toString(), to.toString(), "BF16");
        try (ModelFile model = ModelFile.open(to)) {
            Tensor big = model.tensor("big");
            assertEquals(bytes / 2, big.byteSize());
            float[] one = new float[1];
            big.readInto(big.shape().elements() - 1, one, 0, 1);
            assertEquals(1 + (bytes - 4) % 1000, one[0], 4);
        }
    }

    @Test
    void largeTensorsAreReadAtTheirEnd(@TempDir Path folder) throws IOException {
        long elements = 3 * GIB + 8;
        Path bytes = sparse(folder.resolve("u8.safetensors"), "U8", "[" + elements + "]", elements, elements - 4);
        try (SafetensorsFile model = Safetensors.open(bytes)) {
            Tensor big = model.tensor("big");
            long[] last = new long[4];
            big.readInto(elements - 4, last, 0, 4);
            byte[] mark = mark(elements - 4);
            for (int i = 0; i < 4; i++) {
                assertEquals(mark[i] & 0xFF, last[i]);
            }
            assertArrayEquals(last, big.slice("-4:").toLongArray());
            assertArrayEquals(last, big.slice((elements - 4) + ":" + elements).toLongArray());
            assertEquals(elements, big.segment().byteSize());
            assertEquals(ByteBuffer.wrap(mark), big.asByteBuffer(elements - 4, 4));
            assertThrows(IllegalStateException.class, big::asByteBuffer);
            float[] floats = new float[4];
            big.decodeInto(elements - 4, MemorySegment.ofArray(floats));
            assertEquals(last[2], (long) floats[2]);
        }
        // Six bits each: more elements than bytes, and both beyond 2^31.
        long six = 4 * GIB;
        Path packed =
                sparse(folder.resolve("f6.safetensors"), "F6_E2M3", "[" + six + "]", six / 4 * 3, six / 4 * 3 - 4);
        try (SafetensorsFile model = Safetensors.open(packed)) {
            Tensor big = model.tensor("big");
            float[] all = new float[8];
            big.readInto(six - 8, all, 0, 8);
            float[] odd = new float[5];
            big.readInto(six - 5, odd, 0, 5);
            for (int i = 0; i < 5; i++) {
                assertEquals(all[3 + i], odd[i]);
            }
            boolean some = false;
            for (float value : all) {
                some |= value != 0;
            }
            assertTrue(some);
        }
    }

    /// Pages of a sparse file's mapping that are in memory tell what was touched.
    @Test
    void slicesTouchOnlyTheirPages(@TempDir Path folder) throws IOException {
        Handles.needsProc();
        long bytes = 4 * GIB;
        Path file = sparse(folder.resolve("big.safetensors"), "F32", "[1048576,1024]", bytes, 4096L * 500_000);
        try (SafetensorsFile model = Safetensors.open(file)) {
            Tensor big = model.tensor("big");
            float[] rows = big.slice("500000:500003").toFloatArray();
            assertEquals(3 * 1024, rows.length);
            assertEquals(1 + 4096L * 500_000 % 1000, rows[0]);
            assertEquals(2, big.slice("10::1000000, 5").toFloatArray().length);
            long resident = resident(file);
            assertTrue(resident > 0 && resident < 4096, () -> resident + " KiB are in memory");
        }
    }

    /// How much of a file's mapping is in memory, in KiB.
    private static long resident(Path file) throws IOException {
        String real = file.toRealPath().toString();
        boolean inside = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("^[0-9a-f]+-[0-9a-f]+ .*")) {
                inside = line.endsWith(real);
            } else if (inside && line.startsWith("Rss:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return -1;
    }
}
