package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.scan.Finding;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport;
import dev.modelfile.scan.ScanReport.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is inside other things: elements of arrays between opcodes, and archives in archives, by content alone.
final class NestedContentTest {
    private static final Path SKLEARN = Samples.FIXTURES.resolve("sklearn");
    private static final byte[] EVIL = Samples.bytes("\u0080\u0002cos\nsystem\nX\u0004\0\0\0echo\u0085R.");

    private static ScanReport.Result scan(Path path) throws IOException {
        return ModelScanner.standard().scan(path).results().get(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"arrays.joblib", "arrays.joblib.gz", "arrays.joblib.z", "objects.joblib"})
    void arraysOfJoblibAreClean(String name) throws IOException {
        ScanReport.Result result = scan(SKLEARN.resolve(name));
        assertEquals(List.of(), result.findings());
        assertEquals(Verdict.CLEAN, result.verdict());
    }

    @ParameterizedTest
    @ValueSource(strings = {"forest.joblib", "forest.pkl", "pipeline.joblib", "pipeline.pkl", "words.pkl"})
    void estimatorsAreSuspiciousAtMost(String name) throws IOException {
        ScanReport.Result result = scan(SKLEARN.resolve(name));
        assertEquals(Verdict.SUSPICIOUS, result.verdict(), result.toString());
        for (Finding finding : result.findings()) {
            assertEquals("pickle.unknown-call", finding.rule());
            assertTrue(finding.message().contains("sklearn."), finding.message());
        }
    }

    private static String text(String value) {
        return "\u008c" + (char) value.length() + value;
    }

    /// A pickle with an array of bytes after joblib's fashion, and what stands behind it.
    private static String array(String code, String elements, String rest) {
        return "\u0080\u0004cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\u0081}(" + text("shape") + "K"
                + (char) elements.length() + "\u0085" + text("dtype") + "cnumpy\ndtype\n(" + text(code)
                + "\u0089\u0088tRub" + elements + rest;
    }

    @Test
    void elementsAreNotOpcodes() {
        assertEquals(
                Verdict.CLEAN,
                Samples.scan(array("u1", "\u00ff\u00ff\u00ff", ".")).verdict());
        assertEquals(
                Verdict.DANGEROUS,
                Samples.scan(array("u1", "\u00ff\u00ff\u00ff", "cos\nsystem\n)R."))
                        .verdict());
    }

    @Test
    void elementsThatActInOtherReadersAreSeen() {
        for (String hidden : new String[] {"cos\nsystem\n)R.", "0cos\nsystem\n)R\u00ff"}) {
            ScanReport.Result result = Samples.scan(array("u1", hidden, "."));
            assertEquals(Verdict.DANGEROUS, result.verdict(), result.toString());
        }
        ScanReport.Result unknown = Samples.scan(array("u1", "cmy.module\nThing\n)R.", "."));
        assertEquals(Verdict.FAILED, unknown.verdict(), unknown.toString());
    }

    @Test
    void objectsOfArraysAreJudged() {
        ScanReport.Result result = Samples.scan(array("O8", "\u0080\u0002cos\nsystem\n)R.", "."));
        assertEquals(Verdict.DANGEROUS, result.verdict(), result.toString());
        assertEquals(
                Verdict.FAILED, Samples.scan(array("O8", "\u0080\u0002}", "")).verdict());
        StringBuilder deep = new StringBuilder("\u0080\u0002N.");
        for (int i = 0; i < 12; i++) {
            deep.insert(0, array("O8", "", ""));
        }
        assertEquals(Verdict.FAILED, Samples.scan(deep.append(".").toString()).verdict());
    }

    @Test
    void elementsInsideAFrameHaveTwoReadings() {
        String pickle = array("u1", "\u00ff\u00ff\u00ff", ".");
        String framed = "\u0080\u0004\u0095" + (char) (pickle.length() - 2) + "\0\0\0\0\0\0\0" + pickle.substring(2);
        assertEquals(Verdict.SUSPICIOUS, Samples.scan(framed).verdict());
    }

    /// A tar archive of one member.
    private static byte[] tar(byte[] content) {
        byte[] archive = new byte[512 + (content.length + 511) / 512 * 512 + 1024];
        put(archive, 0, "weights.dat");
        put(archive, 100, "0000644");
        put(archive, 124, String.format("%011o", content.length));
        put(archive, 148, "        ");
        archive[156] = '0';
        put(archive, 257, "ustar");
        int sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += archive[i] & 0xFF;
        }
        put(archive, 148, String.format("%06o", sum));
        archive[154] = 0;
        System.arraycopy(content, 0, archive, 512, content.length);
        return archive;
    }

    private static void put(byte[] archive, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, archive, at, bytes.length);
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }

    private static byte[] zlib(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream zlib = new DeflaterOutputStream(out)) {
            zlib.write(content);
        }
        return out.toByteArray();
    }

    @Test
    void archivesInArchivesAreUnfolded() throws IOException {
        byte[] harmless = Samples.bytes("\u0080\u0002}.");
        for (boolean evil : new boolean[] {true, false}) {
            byte[] inner = evil ? EVIL : harmless;
            List<byte[]> wrapped = List.of(
                    tar(inner),
                    gzip(tar(inner)),
                    Samples.zip("a/b.txt", tar(inner)),
                    tar(Samples.zip("x", gzip(inner))),
                    Samples.zip("1", Samples.zip("2", Samples.zip("3", zlib(tar(inner))))));
            for (byte[] content : wrapped) {
                ScanReport.Result result = Samples.scan(content);
                assertEquals(evil ? Verdict.DANGEROUS : Verdict.CLEAN, result.verdict(), result.toString());
            }
        }
    }

    @Test
    void nestingIsBounded() throws IOException {
        byte[] content = EVIL;
        for (int i = 0; i < 12; i++) {
            content = i % 2 == 0 ? Samples.zip("x", content) : tar(content);
        }
        ScanReport.Result result = Samples.scan(content);
        assertEquals(Verdict.FAILED, result.verdict(), result.toString());
    }

    @Test
    void theEndOfAnInnerArchiveIsNoSecondDirectory() throws IOException {
        byte[] inner = Samples.checkpoint("\u0080\u0002}.");
        assertEquals(List.of(), Samples.scan(Samples.zip("a/extra/x.pt", inner)).findings());
        // An end whose offsets do not count from its own beginning is one.
        byte[] outer = Samples.zip("a", "\u0080\u0002}.", "b", EVIL);
        byte[] other = Samples.zip("a", "\u0080\u0002}.");
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(outer);
        both.write(other, other.length - 22, 22);
        assertNotEquals(Verdict.CLEAN, Samples.scan(both.toByteArray()).verdict());
    }

    @Test
    void whatDecidesIsTheContent() throws IOException {
        Path folder = Files.createTempDirectory("scan");
        for (String name : List.of("weights.safetensors", "notes.txt", "noextension", "data.gguf")) {
            Path file = Files.write(folder.resolve(name), EVIL);
            assertEquals(Verdict.DANGEROUS, scan(file).verdict(), name);
            Files.delete(file);
        }
        Files.delete(folder);
    }
}
