package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.onnx.wire.WireBytes;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Files that are made to use up memory, and programs with little of it, or without protobuf-java.
final class OnnxHostileTest {
    @TempDir
    Path folder;

    /// Runs in a process of its own: checks, opens, lists, plans a copy and asks for the graph.
    public static void main(String[] args) throws IOException {
        Path file = Path.of(args[0]);
        Onnx.FORMAT.validate(file, ReadOptions.defaults());
        try (OnnxFile model = Onnx.open(file)) {
            System.out.println("tensors " + model.tensors().size());
            model.operatorCounts();
            model.summary();
            model.inputTriggers();
            OnnxEdit.of(model).deduplicate().plan(file.resolveSibling("copy.onnx"));
            System.out.println("graph " + model.graph().getGraph().getNodeCount());
        } catch (ModelFormatException refused) {
            System.out.println("refused " + refused.rule());
        } catch (NoClassDefFoundError missing) {
            System.out.println("missing " + missing.getMessage());
        }
    }

    /// The output of [#main] in a process with 64 MiB of heap.
    private static String run(Path file, boolean protobuf) throws IOException, InterruptedException {
        String path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                // The packaged program names the jars beside it, protobuf among them.
                .filter(entry -> protobuf || !entry.contains("protobuf-java") && !entry.contains("modelfile-cli"))
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        path,
                        OnnxHostileTest.class.getName(),
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        return output.strip();
    }

    /// A bomb, and what is said about it.
    record Bomb(String about, byte[] bytes, String output) {
        @Override
        public String toString() {
            return about;
        }
    }

    private static byte[] repeated(int count, int... pattern) {
        byte[] bytes = new byte[count * pattern.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) pattern[i % pattern.length];
        }
        return bytes;
    }

    private static byte[] graph(byte[] content) {
        return new WireBytes().integer(1, 10).bytes(7, content).toByteArray();
    }

    private static byte[] packedTensor(int type, int field, int count) {
        return graph(new WireBytes()
                .message(
                        5,
                        new WireBytes()
                                .integer(1, count)
                                .integer(2, type)
                                .bytes(field, new byte[count])
                                .text(8, "t"))
                .toByteArray());
    }

    private static byte[] nested(int depth) {
        return nested(depth, new WireBytes().text(2, "g").toByteArray());
    }

    private static byte[] nested(int depth, byte[] innermost) {
        byte[] inner = innermost;
        for (int i = 0; i < depth; i++) {
            WireBytes attribute =
                    new WireBytes().text(1, "body").bytes(6, inner).integer(20, 5);
            inner = new WireBytes()
                    .message(1, new WireBytes().text(4, "Loop").message(5, attribute))
                    .toByteArray();
        }
        return graph(inner);
    }

    static Stream<Bomb> bombs() {
        int many = 5_000_000;
        byte[] header = new WireBytes().integer(1, 10).bytes(7, new byte[0]).toByteArray();
        byte[] entries =
                new WireBytes().raw(header).raw(repeated(many, 0x72, 0)).toByteArray();
        byte[] groups =
                new WireBytes().raw(header).raw(repeated(200_000, 0xA3, 6)).toByteArray();
        return Stream.of(
                new Bomb("empty metadata", entries, "refused limit.maxHeapBytes"),
                new Bomb("empty nodes", graph(repeated(many, 0x0A, 0)), "tensors 0\nrefused limit.maxHeapBytes"),
                new Bomb("empty initializers", graph(repeated(many, 0x2A, 0)), "refused onnx.tensor-undefined"),
                new Bomb(
                        "empty functions",
                        new WireBytes()
                                .raw(header)
                                .raw(repeated(many, 0xCA, 1, 0))
                                .toByteArray(),
                        "tensors 0\nrefused limit.maxHeapBytes"),
                new Bomb("long numbers", packedTensor(7, 7, 20_000_000), "tensors 1\ngraph 0"),
                new Bomb(
                        "long dims",
                        graph(new WireBytes()
                                .message(
                                        5,
                                        new WireBytes().bytes(1, new byte[many]).integer(2, 1))
                                .toByteArray()),
                        "refused limit.maxRank"),
                new Bomb("33 graphs in each other", nested(33), "tensors 0\ngraph 1"),
                new Bomb("5000 graphs in each other", nested(5000), "refused limit.maxDepth"),
                new Bomb("groups in each other", groups, "refused limit.maxDepth"));
    }

    static Stream<Bomb> laterBombs() {
        int many = 5_000_000;
        byte[] header = new WireBytes().integer(1, 10).bytes(7, new byte[0]).toByteArray();
        return Stream.of(
                new Bomb(
                        "a graph in many pieces",
                        new WireBytes().raw(header).raw(repeated(many, 0x3A, 0)).toByteArray(),
                        "refused limit.maxHeapBytes"),
                new Bomb(
                        "a type in many pieces",
                        graph(new WireBytes()
                                .message(11, new WireBytes().raw(repeated(many, 0x12, 0)))
                                .toByteArray()),
                        "tensors 0\nrefused limit.maxHeapBytes"),
                new Bomb("long names in each other", longNames(), "refused limit.maxHeapBytes"),
                new Bomb(
                        "empty properties of a tensor",
                        graph(new WireBytes()
                                .message(
                                        5,
                                        new WireBytes()
                                                .integer(1, 0)
                                                .integer(2, 1)
                                                .text(8, "t")
                                                .raw(repeated(many, 0x82, 1, 0)))
                                .toByteArray()),
                        "tensors 1\nrefused limit.maxHeapBytes"),
                new Bomb(
                        "many numbers of an attribute",
                        graph(new WireBytes()
                                .message(
                                        1,
                                        new WireBytes()
                                                .text(4, "X")
                                                .message(
                                                        5,
                                                        new WireBytes()
                                                                .text(1, "a")
                                                                .raw(repeated(many, 0x40, 0))
                                                                .integer(20, 7)))
                                .toByteArray()),
                        "tensors 0\nrefused limit.maxHeapBytes"),
                new Bomb("contexts without end", contexts(), "tensors 0\nrefused limit.maxHeapBytes"),
                new Bomb("inner graphs without end", innerGraphs(), "tensors 40000\nrefused limit.maxHeapBytes"));
    }

    /// Each level adds to the path of what is inside.
    private static byte[] longNames() {
        byte[] inner = new WireBytes()
                .message(5, new WireBytes().integer(1, 0).integer(2, 1).text(8, "t"))
                .toByteArray();
        for (int i = 0; i < 20; i++) {
            inner = new WireBytes()
                    .message(
                            1,
                            new WireBytes()
                                    .text(4, "Loop")
                                    .text(3, "n".repeat(2_000_000))
                                    .message(
                                            5,
                                            new WireBytes()
                                                    .text(1, "body")
                                                    .bytes(6, inner)
                                                    .integer(20, 5)))
                    .toByteArray();
        }
        return graph(inner);
    }

    /// Attributes of a node that each ask for another one.
    private static byte[] contexts() {
        WireBytes node = new WireBytes().text(4, "EPContext");
        byte[] attribute = new WireBytes()
                .message(5, new WireBytes().text(1, "ep_cache_context").integer(20, 3))
                .toByteArray();
        for (int i = 0; i < 150_000; i++) {
            node.raw(attribute);
        }
        return graph(new WireBytes().message(1, node).toByteArray());
    }

    private static WireBytes letter(String name) {
        return new WireBytes().integer(1, 1).integer(2, 2).text(8, name).bytes(9, new byte[] {1});
    }

    private static byte[] innerGraphs() {
        WireBytes graph = new WireBytes();
        for (int i = 0; i < 20_000; i++) {
            WireBytes body = new WireBytes().message(5, letter("i" + i));
            WireBytes attribute = new WireBytes().text(1, "b").message(6, body).integer(20, 5);
            graph.message(1, new WireBytes().text(4, "If").message(5, attribute))
                    .message(5, letter("m" + i));
        }
        return graph(graph.toByteArray());
    }

    @ParameterizedTest
    @MethodSource({"bombs", "laterBombs"})
    void bombsStopAtALimit(Bomb bomb) throws IOException, InterruptedException {
        assertEquals(bomb.output(), run(OnnxFixtures.write(folder, bomb.bytes()), true));
    }

    /// Whoever raises the limit gets no overflow of the stack instead.
    @Test
    void whatIsNestedDeeplyCanBeReadIfAllowed() throws Exception {
        int depth = 1500;
        byte[] innermost = new WireBytes()
                .message(5, new WireBytes().integer(1, 0).integer(2, 1).text(8, "t"))
                .toByteArray();
        Path file = OnnxFixtures.write(folder, nested(depth, innermost));
        ReadOptions deep =
                ReadOptions.defaults().withLimits(ReadLimits.defaults().withMaxDepth(4 * depth));
        var reading = new FutureTask<>(() -> {
            try (OnnxFile model = Onnx.open(file, deep)) {
                assertTrue(model.tensors().names().getFirst().endsWith(".body/t"));
                assertEquals(Map.of("Loop", (long) depth), model.operatorCounts());
                // protobuf-java itself recurses.
                return assertThrows(MalformedModelException.class, model::graph).rule();
            }
        });
        new Thread(null, reading, "with a small stack", 1 << 19).start();
        assertEquals("onnx.graph", reading.get());
    }

    @Test
    void tensorsNeedNoProtobuf() throws IOException, InterruptedException {
        assertEquals(
                "tensors 14\nmissing com/google/protobuf/InvalidProtocolBufferException",
                run(OnnxFixtures.path("sites.onnx"), false));
    }

    /// A single file of 3 GiB, which protobuf itself cannot have: mostly a hole on the disk.
    @Test
    void threeGibibytesAreOneTensor() throws IOException {
        long length = 3L << 30;
        byte[] tensorStart = new WireBytes()
                .integer(1, length)
                .integer(2, 2)
                .text(8, "big")
                .header(9, length)
                .toByteArray();
        byte[] after = new WireBytes()
                .message(5, new WireBytes().integer(2, 2).text(8, "after").bytes(9, new byte[] {42}))
                .toByteArray();
        byte[] tensor = new WireBytes()
                .header(5, tensorStart.length + length)
                .raw(tensorStart)
                .toByteArray();
        byte[] start = new WireBytes()
                .integer(1, 10)
                .header(7, tensor.length + length + after.length)
                .raw(tensor)
                .toByteArray();
        Path file = folder.resolve("model.onnx");
        try (var channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(ByteBuffer.wrap(start), 0);
            channel.write(ByteBuffer.wrap(new byte[] {7}), start.length + length - 1);
            channel.write(ByteBuffer.wrap(after), start.length + length);
        }
        try (OnnxFile model = Onnx.open(file)) {
            assertEquals(List.of("big", "after"), model.tensors().names());
            assertEquals(length, model.tensor("big").byteSize());
            byte[] last = new byte[1];
            model.tensor("big").readInto(length - 1, MemorySegment.ofArray(last));
            assertEquals(7, last[0]);
            assertEquals(2, model.graph().getGraph().getInitializerCount());
            // A copy would be too long for other programs: the tensor goes to a file of its own, but only when asked.
            assertEquals(
                    1,
                    OnnxEdit.of(model).plan(folder.resolve("copy.onnx")).files().size());
            List<Long> sizes = new ArrayList<>();
            OnnxEdit.of(model)
                    .external(ExternalLayout.defaults())
                    .plan(folder.resolve("copy.onnx"))
                    .files()
                    .forEach(planned -> sizes.add(planned.size()));
            assertEquals(length, sizes.getFirst());
            assertTrue(sizes.getLast() < 200);
        }
        Files.delete(file);
    }

    /// 400 tensors of 4 MB: opening and listing allocates for names and places, not for elements.
    @Test
    void openingAllocatesLittle() throws IOException {
        int tensors = 400;
        long length = 4_000_000;
        List<byte[]> headers = new ArrayList<>();
        long graph = 0;
        for (int i = 0; i < tensors; i++) {
            byte[] fields = new WireBytes()
                    .integer(1, length / 4)
                    .integer(2, 1)
                    .text(8, "layers." + i + ".weight")
                    .header(9, length)
                    .toByteArray();
            headers.add(new WireBytes()
                    .header(5, fields.length + length)
                    .raw(fields)
                    .toByteArray());
            graph += headers.getLast().length + length;
        }
        Path file = folder.resolve("model.onnx");
        try (var channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            byte[] start = new WireBytes().integer(1, 10).header(7, graph).toByteArray();
            channel.write(ByteBuffer.wrap(start), 0);
            long at = start.length;
            for (byte[] header : headers) {
                channel.write(ByteBuffer.wrap(header), at);
                at += header.length + length;
            }
            channel.write(ByteBuffer.wrap(new byte[1]), at - 1);
        }
        assertTrue(mappedPages(file) < tensors, "as many pages are mapped as there are tensors");
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        Onnx.open(file).close();
        long before = threads.getCurrentThreadAllocatedBytes();
        try (OnnxFile model = Onnx.open(file)) {
            assertEquals(tensors, model.initializers().size());
            assertEquals(tensors * (length / 4), model.parameters());
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < model.file().size() / 1000, allocated + " bytes allocated");
        }
        Files.delete(file);
    }

    /// How many pages opening a file maps, where the system tells: those that it needs are few and far apart, and each
    /// costs more to map than to read.
    private static long mappedPages(Path file) throws IOException {
        Path statistics = Path.of("/proc/self/stat");
        Assumptions.assumeTrue(Files.exists(statistics));
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            long before = faults(statistics);
            Onnx.open(file).close();
            least = Math.min(least, faults(statistics) - before);
        }
        return least;
    }

    private static long faults(Path statistics) throws IOException {
        String text = Files.readString(statistics);
        return Long.parseLong(text.substring(text.lastIndexOf(')') + 2).split(" ")[7]);
    }
}
