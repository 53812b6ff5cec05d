package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormatException;
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

/// Pickles that a reader of archives or arrays finds where a careless scanner does not look. Each of these runs in
/// PyTorch, NumPy or joblib, or did in earlier versions of this scanner's rules; nothing here runs them.
final class HiddenPickleTest {
    private static final String CALL = "cos\nsystem\n(S'echo hello'\ntR.";
    private static final String NUMBER = "I0\n.";

    private static void dangerous(byte[] content) {
        ScanReport.Result result = Samples.scan(content);
        assertEquals(Verdict.DANGEROUS, result.verdict(), result.toString());
    }

    private static void notClean(byte[] content) {
        ScanReport.Result result = Samples.scan(content);
        assertNotEquals(Verdict.CLEAN, result.verdict(), result.toString());
        assertNotEquals("test.unknown", result.findings().get(0).rule(), result.toString());
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    // Tar archives, as Python's tarfile reads them.

    /// A header block.
    ///
    /// @param size as the field has it
    /// @param signed whether the checksum is counted as old programs did
    private static byte[] header(String name, String size, char type, boolean signed) {
        byte[] block = new byte[512];
        put(block, 0, name);
        put(block, 100, "0000644");
        put(block, 124, size);
        put(block, 148, "        ");
        block[156] = (byte) type;
        put(block, 257, "ustar");
        block[500] = (byte) (signed ? 0xFF : 0);
        int sum = 0;
        for (byte value : block) {
            sum += signed ? value : value & 0xFF;
        }
        put(block, 148, String.format("%06o", sum));
        block[154] = 0;
        return block;
    }

    private static void put(byte[] block, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, block, at, bytes.length);
    }

    private static byte[] member(String name, String content, char type) {
        byte[] padded = new byte[(content.length() + 511) / 512 * 512];
        put(padded, 0, content);
        return join(header(name, String.format("%011o", content.length()), type, false), padded);
    }

    /// An archive of `torch.save` up to 0.1.9 behind some other blocks.
    private static byte[] torch(byte[] before, String storages, String tensors) {
        return join(
                before,
                member("storages", storages, '0'),
                member("tensors", tensors, '0'),
                member("pickle", "N.", '0'),
                new byte[1024]);
    }

    private static byte[] pax(String key, String value, char type) {
        String record = " " + key + "=" + value + "\n";
        int length = record.length() + 2;
        return member("pax", length + record, type);
    }

    @Test
    void betweenTheRawBytesOfAnOldTar() {
        String entry = "(S'0'\nS'cpu'\nctorch\nFloatStorage\nt.";
        String storages = "I1\n." + entry + "\u0002\0\0\0\0\0\0\0abcdefgh";
        ScanReport.Result clean = Samples.scan(torch(new byte[0], storages + "].", NUMBER));
        assertEquals(Verdict.CLEAN, clean.verdict(), clean.toString());
        for (String evil : new String[] {CALL, NUMBER + CALL, "I1\n." + CALL, storages + CALL, "\u0088." + CALL}) {
            dangerous(torch(new byte[0], evil, NUMBER));
        }
        dangerous(torch(new byte[0], NUMBER + "].", "I1\n." + CALL));
        notClean(torch(new byte[0], storages.replace("\u0002\0", "\u00ff\0") + "].", NUMBER));
    }

    @ParameterizedTest
    @ValueSource(chars = {'7', 'Q', 'S', '\0'})
    void inMembersOfAllTypesThatHaveContent(char type) {
        dangerous(join(member("x", CALL, type), new byte[1024]));
    }

    @Test
    void behindWhatHasNoContentWhateverItsSize() {
        for (char type : new char[] {'1', '2', '5', '6'}) {
            dangerous(torch(header("docs", "00000003000", type, false), CALL, NUMBER));
        }
        dangerous(torch(header("docs/", "00000003000", '\0', false), CALL, NUMBER));
    }

    @Test
    void behindSizesAndNamesOfPaxHeaders() {
        byte[] hidden = join(header("docs", "00000001000", '0', false), member("x", CALL, '0'), new byte[1024]);
        for (char type : new char[] {'x', 'X'}) {
            dangerous(join(pax("size", "0", type), hidden));
        }
        notClean(join(pax("size", "0", 'g'), hidden));
        byte[] named = member("innocent", "I1\n." + CALL, '0');
        dangerous(join(pax("path", "storages", 'x'), named, new byte[1024]));
        dangerous(join(pax("path", "storages", 'g'), named, new byte[1024]));
        notClean(join(pax("GNU.sparse.major", "1", 'x'), named, new byte[1024]));
    }

    @Test
    void inHeadersThatOnlyPythonTakes() {
        dangerous(join(header("x", "00000000040", '0', true), member("", CALL, '0'), new byte[1024]));
        dangerous(torch(member("", "x", '0'), CALL, NUMBER));
        byte[] octal = header("x", "0o000000040", '0', false);
        dangerous(join(octal, java.util.Arrays.copyOf(Samples.bytes(CALL), 512), new byte[1024]));
        dangerous(join(member("x", CALL, '0'), Samples.bytes("no header".repeat(60))));
    }

    @Test
    void inTheNameThatBeginsAnArchive() {
        dangerous(join(member(CALL, "x", '0'), new byte[1024]));
    }

    @Test
    void namesOfOrdinaryFilesAreNoOpcodes() {
        // A line of text to an unpickler, and behind it the pickle of the member.
        ScanReport.Result result = Samples.scan(join(member("Vit/data.pkl", "\n\u0080\u0002}.", '0'), new byte[1024]));
        assertTrue(result.findings().stream().noneMatch(f -> f.rule().startsWith("pickle.")), result.toString());
    }

    // Checkpoints before 1.6, in protocols that their magic number is rarely written in.

    @ParameterizedTest
    @ValueSource(strings = {"\u0080\u0002", "\u0080\u0003", "\u0080\u0004\u0095\r\0\0\0\0\0\0\0"})
    void oldCheckpointsOfAllProtocolsAreRead(String begin) throws IOException {
        String tensor = Samples.tensor(2, "K\0K\u0002\u0085K\u0001\u0085");
        byte[] file = Samples.bytes(begin + "\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.\u0080\u0002M\u00e9\u0003."
                + "\u0080\u0002}." + tensor + "\u0080\u0002]X\u0001\0\0\0" + "0a.\u0002\0\0\0\0\0\0\0abcdefgh");
        assertEquals(List.of(), Samples.scan(file).findings());
        Path path = Files.write(Files.createTempFile("old", ".pt"), file);
        try (CheckpointFile opened = Checkpoints.open(path)) {
            assertEquals(2, opened.tensor("w").shape().elements());
        }
        Files.delete(path);
    }

    // Arrays of NumPy.

    private static byte[] array(String header, String data) {
        return Samples.bytes("\u0093NUMPY\u0001\0" + (char) (header.length() + 1) + "\0" + header + "\n" + data);
    }

    private static String described(String type) {
        return "{'descr': " + type + ", 'fortran_order': False, 'shape': (1,), }";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
                "{'descr': 'object', 'fortran_order': False, 'shape': (1,), }",
                "{'descr': '|\\x4f', 'fortran_order': False, 'shape': (1,), }",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'descr': '|O'}",
                "{\"descr\": \"|O\", \"fortran_order\": False, \"shape\": (1,), }",
                "{'des' 'cr': '|' 'O', 'fortran_order': False, 'shape': (1,), }",
                "{'descr': [('a', '<f4'), ('b', 'object')], 'fortran_order': False, 'shape': (1,), }",
                "{#'descr': '<f4',\n'descr': 'O', 'fortran_order': False, 'shape': (1,)}",
                "{'descr': '''O''', 'fortran_order': False, 'shape': (1,)}",
                "{'descr': u'O', 'fortran_order': False, 'shape': (1,)}"
            })
    void inAnArrayOfObjectsHoweverItIsSpelled(String header) {
        dangerous(array(header, CALL));
    }

    @Test
    void behindAnArray() throws IOException {
        byte[] plain = array(described("'<f4'"), "abcd");
        assertEquals(Verdict.CLEAN, Samples.scan(plain).verdict());
        assertEquals(Verdict.CLEAN, Samples.scan(join(plain, plain)).verdict());
        byte[] record = array(described("[('OPEN', '<f4', (2,)), ('x', '|S4')]"), "abcdefghijkl");
        assertEquals(Verdict.CLEAN, Samples.scan(record).verdict());
        byte[] evil = array(described("'|O'"), CALL);
        dangerous(join(plain, evil));
        dangerous(join(plain, Samples.bytes(CALL)));
        dangerous(join(array(described("'|O'"), "\u0080\u0002]."), evil));
        notClean(array(described("'<f8'"), "abcd"));
        dangerous(Samples.zip("arr_0.npy", array(described("'object'"), CALL)));
    }

    @Test
    void inARecordThatAPickleCallsAStorage() throws IOException {
        byte[] evil = array(described("'|O'"), CALL);
        for (String key : new String[] {"a.npy", "0"}) {
            String pickle = "\u0080\u0002(X\u0007\0\0\0storagectorch\nByteStorage\nX" + (char) key.length() + "\0\0\0"
                    + key + "X\u0003\0\0\0cpuK" + (char) evil.length + "tQ.";
            dangerous(Samples.zip("x/data.pkl", pickle, "x/data/" + key, evil, "x/version", "3\n"));
        }
    }

    // Packed data.

    private static byte[] gzip(String content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(Samples.bytes(content));
        }
        return out.toByteArray();
    }

    private static byte[] zlib(String content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream zlib = new DeflaterOutputStream(out)) {
            zlib.write(Samples.bytes(content));
        }
        return out.toByteArray();
    }

    @Test
    void inTheNextPackedStream() throws IOException {
        for (String first : new String[] {"", "\u0080\u0002}.", CALL.substring(0, 5)}) {
            String second = first.startsWith("c") ? CALL.substring(5) : CALL;
            dangerous(join(gzip(first), gzip(second)));
            dangerous(join(zlib(first), zlib(second)));
        }
        // A first stream that fills the buffer of a reader.
        byte[] named = join(java.util.Arrays.copyOf(gzip(""), 3), new byte[] {8}, new byte[6]);
        byte[] filled =
                join(named, "n".repeat(491).getBytes(StandardCharsets.US_ASCII), new byte[] {0, 3, 0}, new byte[8]);
        assertEquals(512, filled.length);
        dangerous(join(filled, gzip(CALL)));
        dangerous(join(gzip("x"), Samples.bytes(CALL)));
        assertEquals(
                Verdict.CLEAN,
                Samples.scan(join(gzip("\u0080\u0002}."), new byte[7])).verdict());
        notClean(Samples.bytes("]\0\0\0\u0080\0\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff"));
    }

    // Archives.

    @Test
    void behindOtherBytesAndBeforeAComment() throws IOException {
        byte[] zip = Samples.zip("a/x.pkl", CALL);
        zip[zip.length - 2] = 5;
        byte[] all = join(Samples.bytes("#!/bin/sh\n"), zip, Samples.bytes("hello"));
        dangerous(all);
        dangerous(Samples.zip("outer", all));
        dangerous(Samples.zip("a/x.pkl", "(lp0\n." + CALL));
        dangerous(Samples.zip("a/x.pkl", "cos\nsystem\n.junk"));
    }

    @Test
    void packagesAreNamed() throws IOException {
        String storage = "(X\u0007\0\0\0storagectorch\nByteStorage\nX\u0001\0\0\0" + "0X\u0003\0\0\0cpuK\u0004tQ";
        for (boolean evil : new boolean[] {false, true}) {
            String pickle = "\u0080\u0002" + storage + (evil ? "0" + CALL : ".");
            byte[] archive = Samples.zip(
                    "m/.data/version",
                    "6\n",
                    "m/.data/extern_modules",
                    "torch\n",
                    "m/net.py",
                    "x = 1\n",
                    "m/a/b.pkl",
                    pickle,
                    "m/.data/0.storage",
                    "\u0080\u0002\1\1");
            ScanReport.Result result = Samples.scan(archive);
            assertEquals(evil ? Verdict.DANGEROUS : Verdict.SUSPICIOUS, result.verdict(), result.toString());
            assertEquals("torch.package", result.findings().get(0).rule());
            assertTrue(result.findings().get(0).message().contains("1 file of"), result.toString());
            Path path = Files.write(Files.createTempFile("package", ".pt"), archive);
            var refused = assertThrows(ModelFormatException.class, () -> ModelFile.open(path));
            assertEquals("checkpoint.package", refused.rule());
            Files.delete(path);
        }
    }

    // Arrays of joblib.

    private static String text(String value) {
        return "\u008c" + (char) value.length() + value;
    }

    /// A wrapper with a state, then bytes that are elements, and opcodes to other readers than joblib.
    private static byte[] wrapped(String made, String state) {
        String evil = "cos\nsystem\n)R.";
        String swallow = "\u0005abc0B" + (char) evil.length() + "\0\0\0";
        return Samples.bytes(
                "\u0080\u0004cjoblib.numpy_pickle\nNumpyArrayWrapper\n" + made + state + "b" + swallow + evil + ".");
    }

    private static String dtype(String code, String state) {
        return text("dtype") + "cnumpy\ndtype\n(" + text(code) + "\u0089\u0088tR" + state;
    }

    @Test
    void whereTheSizeOfAnArrayIsNotCertain() {
        String plain = "}(" + text("shape") + "K\u0004\u0085" + dtype("u1", "");
        String padding = text("numpy_array_alignment_bytes");
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 70; i++) {
            many.append(text("key" + i)).append('N');
        }
        for (String state : new String[] {
            "}",
            "N",
            "N" + plain + "u\u0086",
            plain + padding + "\u0088u",
            plain + padding + "G?\u00f0\0\0\0\0\0\0u",
            plain + padding + text("x") + "u",
            "}(" + padding + "K\u0010" + many + plain.substring(2) + "u",
            plain + "cbuiltins\nstr\n" + text("shape") + "\u0085RK\u0006\u0085u",
            "}(" + text("shape") + "K\u0001\u0085" + dtype("V4", "(K\u0003" + text("|") + "NNNK\u0006K\u0001K\0tb")
                    + "u",
            "}(" + text("shape") + "K\u0004\u0085" + text("dtype") + "cnumpy.dtypes\nUInt8DType\n)Ru"
        }) {
            notClean(wrapped(")\u0081", state));
        }
        String arguments =
                "(cnumpy\nndarray\nK\u0004\u0085" + text("C") + "cnumpy\ndtype\n(" + text("u1") + "\u0089\u0088tRtR";
        notClean(wrapped(arguments, plain + "u"));
    }

    // Second readings and roundabout ways.

    @Test
    void inATarThatIsAlsoSomethingElse() {
        // The header is the beginning of a line of text to an unpickler.
        byte[] header = header("Vname", "00000000000", '0', false);
        dangerous(join(header, Samples.bytes("\n0" + CALL), new byte[1024]));
        byte[] legacy = header("\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.", "00000000000", '0', false);
        dangerous(join(legacy, member("pickle", CALL, '0'), new byte[1024]));
    }

    @ParameterizedTest
    @ValueSource(chars = {'1', '2', '3', '4', '6'})
    void linksInArchivesStandForOtherBytes(char type) {
        notClean(join(header("tensors", "00000000000", type, false), member("x", "N.", '0'), new byte[1024]));
    }

    @Test
    void behindLinesThatOnlySomeUnpicklersRead() {
        for (String line : new String[] {
            "I" + " ".repeat(9000) + "1\n0",
            "I" + "0".repeat(9000) + "\n0",
            "L1" + "_0".repeat(3000) + "L\n0",
            "F" + "1".repeat(9000) + "\n0",
            "F1e999\n0",
            "Np" + "0".repeat(5000) + "1\n0",
            "Np99999999999\n0",
            "S'a\n0"
        }) {
            dangerous(Samples.bytes(line + CALL));
        }
    }

    @Test
    void behindWhatCannotBeRead() {
        for (String evil : new String[] {CALL, "(iposix\nsystem\n.", text("posix") + text("system") + "\u0093."}) {
            notClean(Samples.bytes("Ng7\n0" + evil));
            notClean(Samples.bytes("I1\n.\u00ff" + evil));
        }
        String words = "I\nunicode\nmacos\nlist\n!";
        assertEquals("test.unknown", Samples.scan(words).findings().get(0).rule());
    }

    @Test
    void behindMoreThanTheLimitsAllow() {
        byte[] many = "N".repeat(1000).getBytes(StandardCharsets.US_ASCII);
        var limits = dev.modelfile.ReadLimits.defaults().withMaxHeapBytes(64);
        var options = dev.modelfile.ReadOptions.defaults().withLimits(limits);
        var region = dev.modelfile.io.Region.of(java.lang.foreign.MemorySegment.ofArray(many), "test");
        var findings = new PickleScanner().scan(region, options).orElseThrow();
        assertTrue(findings.stream().anyMatch(f -> f.rule().equals("scan.limit")), findings.toString());
    }

    @Test
    void throughArgumentsThatAreComputed() {
        String name = "cargparse\nNamespace\n";
        String list = "(]" + name + "aS'x'\nat";
        dangerous(Samples.bytes("ctorch.jit._pickle\nrestore_type_tag\ncbuiltins\ntuple\n" + list + "RR}S'a'\nNsb."));
        dangerous(Samples.bytes("cbuiltins\nbytearray\ncbuiltins\ntuple\n(]I100\natRR."));
        notClean(Samples.bytes("(S'module'\n" + name + "S'x.py'\nS'x = 1'\ntQ."));
    }

    @Test
    void throughNumPyAndTorch() {
        for (String call : new String[] {
            "cnumpy\nuint8\n(cargparse\nNamespace\n)R}S'__array_interface__'\n}sbtR.",
            "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'u1'\ntRcargparse\nNamespace\n)RtR.",
            "cnumpy.dtypes\nBytesDType\n(I8\ntR(I3\nS'|'\nNNNI8\nI1\nI63\ntb.",
            "ccopyreg\n_reconstructor\n(cnumpy\ndtype\ncnumpy\ndtype\nS'u1'\ntR.",
            "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._tensor\n_rebuild_from_type_v2\n"
                    + "cbuiltins\nobject\n(cbuiltins\nbytearray\ncbuiltins\nobject\n(I9\ntNtNtR.",
            "ctorch.distributed.device_mesh\nDeviceMesh\n(S'cpu'\n]I0\natR."
        }) {
            dangerous(Samples.bytes(call));
        }
    }

    @Test
    void objectsOfDistributedCheckpointsLieElsewhere() {
        String stored = "ctorch.distributed.checkpoint.metadata\n%sStorageMetadata\n)R.";
        assertEquals(
                Verdict.SUSPICIOUS,
                Samples.scan(Samples.bytes(stored.formatted("Bytes"))).verdict());
        assertEquals(
                Verdict.CLEAN,
                Samples.scan(Samples.bytes(stored.formatted("Tensor"))).verdict());
    }
}
