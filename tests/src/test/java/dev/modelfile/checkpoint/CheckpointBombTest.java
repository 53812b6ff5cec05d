package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFormatException;
import dev.modelfile.scan.ModelScanner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Small files that ask for much end as an error or a finding, in a virtual machine of 64 MiB.
final class CheckpointBombTest {
    @TempDir
    private Path folder;

    private static Map<String, byte[]> bombs() throws IOException {
        Map<String, byte[]> bombs = new LinkedHashMap<>();
        bombs.put("doubling-tuples", Samples.bytes("\u0080\u0002)" + "2\u0086".repeat(60) + "."));
        bombs.put("doubling-lists", Samples.bytes("\u0080\u0002]" + "q\0](h\0h\0e".repeat(60) + "."));
        bombs.put("doubling-keys", Samples.bytes("\u0080\u0002}" + ")" + "2\u0086".repeat(60) + "K\u0001s."));
        bombs.put("nested-lists", Samples.bytes("\u0080\u0002" + "]".repeat(3_000_000) + "a".repeat(2_999_999) + "."));
        bombs.put("nested-tuples", Samples.bytes("\u0080\u0002)" + "\u0085".repeat(6_000_000) + "."));
        bombs.put("marks", Samples.bytes("\u0080\u0002" + "(".repeat(30_000_000)));
        bombs.put("nones", Samples.bytes("\u0080\u0002" + "N".repeat(30_000_000) + "."));
        bombs.put("memo", Samples.bytes("\u0080\u0004N" + "\u0094".repeat(30_000_000) + "."));
        bombs.put("far-memo", Samples.bytes("\u0080\u0002N" + "r\u00ff\u00ff\u00ff\u007f".repeat(1000) + "."));
        bombs.put("empty-dicts", Samples.bytes("\u0080\u0002(" + "}".repeat(30_000_000) + "l."));
        bombs.put("long-string", Samples.bytes("\u0080\u0002X\u00ff\u00ff\u00ff\u007fabc"));
        bombs.put("long-line", Samples.bytes("\u0080\u0002S'" + "a".repeat(30_000_000) + "'\n."));
        bombs.put("long-latin", Samples.bytes("\u0080\u0002T\u0080\u00c3\u00c9\u0001" + "a".repeat(30_000_000) + "."));
        bombs.put("digits", Samples.bytes("\u0080\u0002L" + "9".repeat(1_000_000) + "L\n."));
        bombs.put("wide-int", Samples.bytes("\u0080\u0002\u008b\0\0\u0010\0" + "\u007f".repeat(1 << 20) + "."));
        bombs.put("globals", globals());
        bombs.put("gzip", packed(200 << 20));
        bombs.put("same-keys", Samples.bytes("\u0080\u0002}(" + "K\u0001N".repeat(400_000) + "u."));
        bombs.put("cycle", Samples.bytes("\u0080\u0002]q\0(h\0h\0h\0e."));
        bombs.put("cyclic-dict", Samples.bytes("\u0080\u0002}q\0K\u0001h\0s."));
        bombs.put(
                "self-parameter",
                Samples.bytes("\u0080\u0002ctorch._utils\n_rebuild_parameter\n]q\0\u0088N\u0087q\u0001R" + "."));
        return bombs;
    }

    private static byte[] globals() {
        StringBuilder pickle = new StringBuilder("\u0080\u0002(");
        for (int i = 0; i < 300_000; i++) {
            pickle.append("cm").append(i).append("\nn").append(i).append('\n');
        }
        return Samples.bytes(pickle.append("l.").toString());
    }

    private static byte[] packed(int size) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            byte[] piece = new byte[1 << 20];
            for (int i = 0; i < size >> 20; i++) {
                gzip.write(piece);
            }
        }
        return out.toByteArray();
    }

    @Test
    void bombsEndWithinTheHeap() throws IOException, InterruptedException {
        Map<String, byte[]> bombs = bombs();
        for (Map.Entry<String, byte[]> bomb : bombs.entrySet()) {
            Files.write(folder.resolve(bomb.getKey()), bomb.getValue());
        }
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Process child = new ProcessBuilder(
                        java.toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CheckpointBombTest.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes());
        assertTrue(child.waitFor(1, TimeUnit.MINUTES), output);
        assertEquals(0, child.exitValue(), output);
        assertEquals(
                bombs.size(), output.lines().filter(l -> l.startsWith("ended ")).count(), output);
    }

    /// Opens and scans every file of a folder.
    public static void main(String[] arguments) throws IOException {
        try (var files = Files.list(Path.of(arguments[0]))) {
            for (Path file : files.sorted().toList()) {
                String how;
                try (CheckpointFile opened = Checkpoints.open(file)) {
                    how = "opened with " + opened.metadata().size();
                } catch (ModelFormatException refused) {
                    how = refused.rule();
                }
                var result = ModelScanner.standard().scan(file).results();
                String verdict =
                        result.isEmpty() ? "unknown" : result.get(0).verdict().toString();
                System.out.println("ended " + file.getFileName() + " " + how + " " + verdict);
            }
        }
    }
}
