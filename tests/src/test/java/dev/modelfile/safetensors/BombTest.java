package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.contract.ChildJvm;
import dev.modelfile.onnx.Onnx;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Small or legal files that would take much more memory or time than they should, under a heap of 64 MiB.
final class BombTest {
    private static final int BIG = 84_000_000;

    /// Opens a model and prints how that ended.
    static final class Opener {
        private Opener() {}

        public static void main(String[] args) throws IOException {
            try (SafetensorsFile model = Safetensors.open(Path.of(args[0]))) {
                System.out.println("opened " + model.tensors().size());
            } catch (LimitExceededException limit) {
                System.out.println("limit " + limit.limit());
            } catch (ModelFormatException broken) {
                System.out.println("broken " + broken.rule());
            }
        }
    }

    private static String opens(Path file) throws Exception {
        ChildJvm.Result result =
                ChildJvm.run(Duration.ofSeconds(60), List.of("-Xmx64m"), Opener.class, file.toString());
        assertEquals(0, result.exit(), result::output);
        return result.output().strip();
    }

    /// A file with a header of `head`, then `count` parts, then `tail`.
    private static Path header(Path folder, String head, int count, IntFunction<String> parts, String tail)
            throws IOException {
        Path file = folder.resolve("bomb.safetensors");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            out.write(new byte[8]);
            out.write(head.getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < count; i++) {
                out.write(parts.apply(i).getBytes(StandardCharsets.UTF_8));
            }
            out.write(tail.getBytes(StandardCharsets.UTF_8));
        }
        try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
            ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            channel.write(length.putLong(0, channel.size() - 8), 0);
        } catch (UncheckedIOException impossible) {
            throw new AssertionError(impossible);
        }
        return file;
    }

    private static final String EMPTY = "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";

    @Test
    void millionsOfEmptyTensors(@TempDir Path folder) throws Exception {
        Path file = header(folder, "{", 1_400_000, i -> (i == 0 ? "\"" : ",\"") + i + "\":" + EMPTY, "}");
        assertTrue(Files.size(file) > 80_000_000);
        assertEquals("limit maxHeapBytes", opens(file));
    }

    @Test
    void oneLongString(@TempDir Path folder) throws Exception {
        String piece = "a".repeat(1000);
        IntFunction<String> text = i -> piece;
        // A value stays in the file.
        assertEquals("opened 0", opens(header(folder, "{\"__metadata__\":{\"k\":\"", BIG / 1000, text, "\"}}")));
        assertEquals(
                "limit maxHeapBytes", opens(header(folder, "{\"__metadata__\":{\"", BIG / 1000, text, "\":\"\"}}")));
        assertEquals("limit maxHeapBytes", opens(header(folder, "{\"", BIG / 1000, text, "\":" + EMPTY + "}")));
        assertEquals(
                "broken safetensors.invalid-header-deserialization",
                opens(header(folder, "{\"t\":" + EMPTY.replace("}", ",\"x\":"), 4_000_000, i -> "9", "e5}}x")));
    }

    /// Converts a model and prints what became of its metadata.
    static final class Converter {
        private Converter() {}

        public static void main(String[] args) throws IOException {
            Path file = Path.of(args[0]);
            var report = Conversion.from(file).write(file.resolveSibling("out.onnx"), Onnx.FORMAT);
            System.out.println(report.dropped());
        }
    }

    /// Texts that claim to be something else are not held to find out.
    @Test
    void longTextsOfOtherTypes(@TempDir Path folder) throws Exception {
        String a = "a".repeat(1000);
        String one = "1".repeat(1000);
        String texts = "\\\"" + "a".repeat(990) + "\\\",";
        List<String[]> bombs = List.of(
                new String[] {"[string]", "[\\\"", a, "\\\"]"},
                new String[] {"bytes", "", "A".repeat(1000), ""},
                new String[] {"json", "{\\\"a\\\":\\\"", a, "\\\"}"},
                new String[] {"u32", "", one, ""},
                new String[] {"f64", "0.", one, ""});
        for (String[] bomb : bombs) {
            String head =
                    "{\"__metadata__\":{\"modelfile.types\":\"{\\\"k\\\":\\\"" + bomb[0] + "\\\"}\",\"k\":\"" + bomb[1];
            Path file = header(folder, head, 60_000, i -> bomb[2], bomb[3] + "\"}}");
            assertEquals("[type of metadata \"k\": noted as " + bomb[0] + ", which the value is not]", converts(file));
        }
        String head = "{\"__metadata__\":{\"modelfile.types\":\"{\\\"k\\\":\\\"[string]\\\"}\",\"k\":\"[";
        assertEquals("[]", converts(header(folder, head, 60_000, i -> texts, "\\\"\\\"]\"}}")));
        head = "{\"__metadata__\":{\"k\":\"x\",\"modelfile.types\":\"{\\\"k\\\":\\\"";
        assertEquals(
                "[type of metadata \"modelfile.types\": noted as json, which the value is not]",
                converts(header(folder, head, 60_000, i -> a, "\\\"}\"}}")));
    }

    private static String converts(Path file) throws Exception {
        Files.deleteIfExists(file.resolveSibling("out.onnx"));
        ChildJvm.Result result =
                ChildJvm.run(Duration.ofSeconds(60), List.of("-Xmx64m"), Converter.class, file.toString());
        assertEquals(0, result.exit(), result::output);
        return result.output().strip();
    }

    @Test
    void manyStringsOfEveryKind(@TempDir Path folder) throws Exception {
        assertEquals(
                "limit maxHeapBytes",
                opens(header(
                        folder, "{\"__metadata__\":{", 6_000_000, i -> (i == 0 ? "\"" : ",\"") + i + "\":\"\"", "}}")));
        // Dimensions: a legal tensor of rank 4,096 again and again.
        String dims = "0" + ",0".repeat(4095);
        assertEquals(
                "limit maxHeapBytes",
                opens(header(
                        folder,
                        "{",
                        9_000,
                        i -> (i == 0 ? "\"" : ",\"") + i + "\":" + EMPTY.replace("[0]", "[" + dims + "]"),
                        "}")));
        // Findings: the same name over and over, each time with a field nobody knows.
        assertEquals(
                "opened 1",
                opens(header(
                        folder,
                        "{",
                        50_000,
                        i -> (i == 0 ? "" : ",") + "\"..\":" + EMPTY.replace("}", ",\"x\":[]}"),
                        "}")));
    }

    @Test
    void deepNesting(@TempDir Path folder) throws Exception {
        assertEquals(
                "broken safetensors.invalid-header-deserialization",
                opens(header(folder, "{\"t\":" + EMPTY.replace("}", ",\"x\":"), 20_000_000, i -> "[", "}}")));
    }

    /// Names of one `String.hashCode`, which is 31 h + c: "Aa" and "BB" are equal.
    @Test
    void collidingNames(@TempDir Path folder) throws Exception {
        IntFunction<String> name = i -> {
            StringBuilder text = new StringBuilder();
            for (int b = 0; b < 16; b++) {
                text.append((i >>> b & 1) == 0 ? "Aa" : "BB");
            }
            return text.toString();
        };
        assertEquals(name.apply(0).hashCode(), name.apply(65_535).hashCode());
        Path file = header(folder, "{", 65_536, i -> (i == 0 ? "\"" : ",\"") + name.apply(i) + "\":" + EMPTY, "}");
        assertEquals("opened 65536", opens(file));
        // The same in an index, also under 33 h + c, which is what some parsers hash by.
        IntFunction<String> other = i -> {
            StringBuilder text = new StringBuilder();
            for (int b = 0; b < 16; b++) {
                text.append((i >>> b & 1) == 0 ? "Ab" : "BA");
            }
            return text.toString();
        };
        StringBuilder map = new StringBuilder("{\"weight_map\":{");
        for (int i = 0; i < 65_536; i++) {
            map.append(i == 0 ? "\"" : ",\"").append(other.apply(i)).append("\":\"none.safetensors\"");
        }
        Path index = folder.resolve("x.safetensors.index.json");
        Files.writeString(index, map.append("}}"));
        assertEquals("broken safetensors.missing-shard", opens(index));
    }

    @Test
    void largeIndexes(@TempDir Path folder) throws Exception {
        Path index = folder.resolve("x.safetensors.index.json");
        StringBuilder long1 = new StringBuilder("{\"weight_map\":{");
        for (int i = 0; i < 90; i++) {
            long1.append(i == 0 ? "\"" : ",\"")
                    .append(i)
                    .append("\":\"")
                    .append(i)
                    .append("s".repeat(1_000_000))
                    .append('"');
        }
        Files.writeString(index, long1.append("}}"));
        assertEquals("limit maxHeapBytes", opens(index));
        StringBuilder many = new StringBuilder("{\"weight_map\":{");
        for (int i = 0; i < 3_000_000; i++) {
            many.append(i == 0 ? "\"" : ",\"")
                    .append(i)
                    .append("\":\"")
                    .append(i)
                    .append('"');
        }
        Files.writeString(index, many.append("}}"));
        assertEquals("limit maxHeapBytes", opens(index));
        Files.writeString(index, "{\"weight_map\":{},\"x\":" + "[".repeat(30_000_000));
        assertEquals("broken safetensors.index", opens(index));
    }

    /// Every shard is within the limit, all of them together are not.
    @Test
    void manyShards(@TempDir Path folder) throws Exception {
        StringBuilder map = new StringBuilder("{\"weight_map\":{");
        for (int shard = 0; shard < 12; shard++) {
            int number = shard;
            Path file =
                    header(folder, "{", 60_000, i -> (i == 0 ? "\"" : ",\"") + number + "." + i + "\":" + EMPTY, "}");
            Files.move(file, folder.resolve(shard + ".safetensors"));
            map.append(shard == 0 ? "\"" : ",\"")
                    .append(shard)
                    .append(".0\":\"")
                    .append(shard);
            map.append(".safetensors\"");
        }
        Path index = folder.resolve("x.safetensors.index.json");
        Files.writeString(index, map.append("}}"));
        assertEquals("limit maxHeapBytes", opens(index));
    }
}
