package dev.modelfile.bench;

import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.checkpoint.Checkpoints;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// How fast the scanner goes through pickles; the counter `megabytes` is that of pickle bytes per second.
///
/// - `state`: the pickle of a state dictionary of 200,000 tensors, 3 bytes an opcode.
/// - `archive`: a checkpoint of 20,000 tensors of 64 bytes; its pickle is a third of it, the rest is its directory.
/// - `objects`: lists, tuples and dictionaries of numbers, each of them in the memo, 2 bytes an opcode.
/// - `numbers`: a list of small integers, 2 bytes an opcode.
/// - `words`: a dictionary of short texts.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class ScanBench {
    @Param({"state", "archive", "objects", "numbers", "words"})
    private String pickle = "";

    private Path file = Path.of("");
    private double megabytes;
    private @Nullable PythonPeer opcodes;
    private @Nullable PythonPeer picklescan;

    /// Megabytes of pickles gone through.
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Bytes {
        private double megabytes;

        @Setup(org.openjdk.jmh.annotations.Level.Iteration)
        public void begin() {
            megabytes = 0;
        }

        /// Read by JMH.
        public double megabytes() {
            return megabytes;
        }
    }

    @Setup
    public void write() throws IOException {
        file = Files.createTempFile("modelfile-bench", ".pt");
        switch (pickle) {
            case "state" -> {
                checkpoint(200_000);
                Files.write(file, pickleOf(file));
            }
            case "archive" -> checkpoint(20_000);
            case "objects" -> Files.write(file, objects());
            case "numbers" ->
                Files.write(file, bytes("\u0080\u0002](" + "K\u0001K\u0002K\u0003".repeat(4_000_000) + "e."));
            default -> Files.write(file, words());
        }
        megabytes = (pickle.equals("archive") ? pickleOf(file).length : Files.size(file)) / 1e6;
    }

    @TearDown
    public void delete() throws IOException {
        for (PythonPeer peer : new PythonPeer[] {opcodes, picklescan}) {
            if (peer != null) {
                peer.close();
            }
        }
        Files.delete(file);
    }

    private void checkpoint(int tensors) throws IOException {
        var writer = Checkpoints.writer()
                .options(dev.modelfile.WriteOptions.defaults().withOverwrite(true));
        for (int i = 0; i < tensors; i++) {
            writer.add(
                    TensorSource.of("layers." + i / 4 + ".block." + i % 4 + ".weight", Shape.of(4, 4), new float[16]));
        }
        writer.write(file);
    }

    private static byte[] pickleOf(Path archive) throws IOException {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            return zip.getInputStream(zip.getEntry("archive/data.pkl")).readAllBytes();
        }
    }

    private static byte[] bytes(String pickle) {
        return pickle.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] objects() {
        Random random = new Random(1);
        StringBuilder pickle = new StringBuilder("\u0080\u0004](");
        for (int i = 0; i < 600_000; i++) {
            pickle.append("]\u0094(K").append((char) random.nextInt(256));
            pickle.append("M").append((char) random.nextInt(256)).append("\1N\u0088\u0087\u0094");
            pickle.append("}\u0094\u008c\3k")
                    .append((char) ('0' + random.nextInt(10)))
                    .append("0\u0094");
            pickle.append("G?").append((char) random.nextInt(128)).append("abcdefse");
        }
        return bytes(pickle.append("e.").toString());
    }

    private static byte[] words() {
        StringBuilder pickle = new StringBuilder("\u0080\u0004}(");
        for (int i = 0; i < 1_000_000; i++) {
            String word = "token" + i;
            pickle.append('\u008c').append((char) word.length()).append(word).append("\u0094K\u0007");
        }
        return bytes(pickle.append("u.").toString());
    }

    @Benchmark
    @Row(value = "scan a PyTorch checkpoint of 20000 tensors", table = Report.Table.OPEN)
    public ScanReport scan(Bytes counter) throws IOException {
        ScanReport report = ModelScanner.standard().scan(file);
        if (!report.isClean()) {
            throw new IllegalStateException(report.toString());
        }
        counter.megabytes += megabytes;
        return report;
    }

    /// What scanners in Python are built on: it lists the opcodes, and judges nothing.
    @Benchmark
    @Beside(value = "scan", peer = Peer.PICKLETOOLS, by = "`genops` of its pickle alone")
    public void pickletools() throws IOException {
        if (opcodes == null) {
            opcodes = new PythonPeer("""
                    import pickletools, zipfile
                    def work():
                        for _ in pickletools.genops(zipfile.ZipFile(r"%s").read("archive/data.pkl")):
                            pass
                    """.formatted(file));
        }
        opcodes.work(1);
    }

    @Benchmark
    @Beside(value = "scan", peer = Peer.PICKLESCAN, by = "`scan_file_path`")
    public void picklescan() throws IOException {
        if (picklescan == null) {
            picklescan = new PythonPeer("""
                    from picklescan.scanner import scan_file_path
                    def work():
                        scan_file_path(r"%s")
                    """.formatted(file));
        }
        picklescan.work(1);
    }
}
