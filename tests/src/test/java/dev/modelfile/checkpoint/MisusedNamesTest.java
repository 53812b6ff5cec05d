package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.modelfile.scan.ScanReport;
import dev.modelfile.scan.ScanReport.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Names that only build data, used for something else; dangerous names in company; and what strings hide.
final class MisusedNamesTest {
    private static final String CALL = "cos\nsystem\n(S'echo hello'\ntR.";
    private static final String OBJECTS = "cnumpy\ndtype\n(S'O8'\nI00\nI01\ntR(I3\nS'|'\nNNNI-1\nI-1\nI63\ntb";
    private static final String RECORD = "cnumpy\ndtype\n(S'V8'\nI00\nI01\ntR";

    /// The state of a record with one field.
    private static String state(String type, int flags) {
        return "(I3\nS'|'\nN(S'a'\nt}S'a'\n(" + type + "I0\ntsI8\nI1\nI" + flags + "\nt";
    }

    private static String array(String type) {
        return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\nt" + type
                + "I00\nS'AAAAAAAA'\ntb";
    }

    private static void is(Verdict verdict, byte[] content) {
        ScanReport.Result result = Samples.scan(content);
        assertEquals(verdict, result.verdict(), result.toString());
    }

    private static void is(Verdict verdict, String pickle) {
        is(verdict, Samples.bytes(pickle));
    }

    @Test
    void elementTypesDoNotMakeNumbersAddresses() {
        is(Verdict.CLEAN, array(RECORD + state(OBJECTS, 27) + "b").replace("S'AAAAAAAA'\n", "((I1\ntl") + ".");
        // Objects that are not pickled as a list.
        for (int flags : new int[] {1, 9, 17, 25}) {
            is(Verdict.DANGEROUS, array(RECORD + state(OBJECTS, flags) + "b") + ".");
        }
        // A type that becomes another one when an array has it.
        is(Verdict.DANGEROUS, "(" + array(RECORD + "p9\n") + "g9\n" + state(OBJECTS, 27) + "bl.");
        String numbers = state("cnumpy\ndtype\n(S'u8'\nI00\nI01\ntR", 0);
        is(Verdict.CLEAN, "(" + array(RECORD + numbers + "bp9\n") + "g9\nl.");
        is(Verdict.DANGEROUS, "(" + array(RECORD + numbers + "bp9\n") + "g9\n" + state(OBJECTS, 27) + "bl.");
        // Fields of what has none, and scalars of objects.
        is(Verdict.DANGEROUS, "cnumpy\ndtype\n(S'u8'\nI00\nI01\ntR" + state(OBJECTS, 27) + "b.");
        is(Verdict.DANGEROUS, "cnumpy.core.multiarray\nscalar\n(" + OBJECTS + "S'AAAAAAAA'\ntR.");
        is(Verdict.DANGEROUS, "cnumpy.core.multiarray\nscalar\n(" + RECORD + state(OBJECTS, 27) + "bS'AAAAAAAA'\ntR.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cbuiltins\nbytearray\n(cbuiltins\nint\n(S'99999999999'\ntRtR.",
                "cbuiltins\nbytes\n(ctorch.jit._pickle\nbuild_intlist\n(I99999999999\ntRtR.",
                "cnumpy\nbytes_\n(cbuiltins\nint\n(S'99999999999'\ntRtR.",
                "cbuiltins\nlist\n(cbuiltins\nrange\n(I16000000\ntRtR.",
                "ccollections\nCounter\n(c__builtin__\nxrange\n(I16000000\ntRtR.",
                "ccopyreg\n_reconstructor\n(cbuiltins\nlist\ncbuiltins\nlist\ncbuiltins\nrange\n(I16000000\ntRtR."
            })
    void memoryIsNotTakenThroughOtherCalls(String pickle) {
        is(Verdict.DANGEROUS, pickle);
    }

    @Test
    void itemsGoOnlyIntoContainers() {
        is(Verdict.FAILED, "ctorch\ndevice\n(S'cpu'\ntRI1\nI2\ns.");
        is(Verdict.FAILED, "ctorch.storage\nUntypedStorage\n)RI1\nI2\ns.");
        is(Verdict.FAILED, "ctorch\nSize\n((I1\nttRI1\na.");
        is(Verdict.CLEAN, "ccollections\nOrderedDict\n)RI1\nI2\ns.");
        is(Verdict.CLEAN, "ccollections\ndeque\n)RI1\na.");
    }

    @Test
    void whatUnfoldsThroughCallsIsNotClean() {
        StringBuilder tuples = new StringBuilder("I1\np0\n");
        StringBuilder lists = new StringBuilder("I1\np0\n");
        for (int i = 1; i < 40; i++) {
            String twice = "g" + (i - 1) + "\ng" + (i - 1) + "\n";
            tuples.append("cbuiltins\nslice\n(")
                    .append(twice)
                    .append("tRp")
                    .append(i)
                    .append('\n');
            lists.append("cbuiltins\ntuple\n((")
                    .append(twice)
                    .append("ltRp")
                    .append(i)
                    .append('\n');
        }
        is(Verdict.SUSPICIOUS, tuples + ".");
        is(Verdict.SUSPICIOUS, lists + ".");
    }

    @Test
    void manyRemarksDoNotHideACall() {
        is(Verdict.DANGEROUS, "\u0080\u0002" + "I0x10\n0".repeat(10_050) + CALL);
        is(Verdict.DANGEROUS, "}" + "I1\na".repeat(10_050) + "0" + CALL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "codecs __builtins__",
                "_pyio open",
                "_frozen_importlib _call_with_frames_removed",
                "six.moves.builtins eval",
                "numpy.lib._npyio_impl load",
                "numpy.ctypeslib load_library",
                "numpy.f2py.crackfortran _eval_scalar",
                "torch.serialization _legacy_load",
                "torch.jit._serialization load",
                "torch.utils.cpp_extension _run_ninja_build",
                "torch._inductor.codecache write",
                "torch.export load",
                "torch.multiprocessing.spawn spawn",
                "torch.distributed.run main",
                "torch._C import_ir_module",
                "joblib.numpy_pickle load",
                "joblib.externals.cloudpickle loads",
                "pandas.io.common get_handle",
                "dataclasses make_dataclass",
                "logging.handlers RotatingFileHandler",
                "zipfile ZipFile",
                "gzip open",
                "py_compile compile",
                "concurrent.futures ProcessPoolExecutor",
                "_interpreters run_string",
                "itertools starmap",
                "weakref finalize",
                "hydra.utils instantiate",
                "jinja2 Template",
                "psutil Popen"
            })
    void furtherWaysToExecutionAndFilesAreKnown(String name) {
        is(Verdict.DANGEROUS, "c" + name.replace(' ', '\n') + "\n(S'x'\ntR.");
    }

    @Test
    void stringsHideArchivesToo() throws IOException {
        byte[] call = Samples.bytes("\u0080\u0002" + CALL);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(call);
        }
        byte[] plain = Samples.bytes(CALL);
        for (byte[] hidden : new byte[][] {
            Samples.zip("x", call),
            packed.toByteArray(),
            Samples.bytes("\u008c\u0002os\u008c\u0006system\u0093)R.......")
        }) {
            is(Verdict.DANGEROUS, "\u0080\u0003}K\u0001" + bytes(hidden) + "s.");
            is(
                    Verdict.DANGEROUS,
                    "\u0080\u0003}K\u0001" + bytes(Base64.getEncoder().encode(hidden)) + "s.");
        }
        is(
                Verdict.DANGEROUS,
                "\u0080\u0003}K\u0001" + bytes(Base64.getUrlEncoder().encode(plain)) + "s.");
        is(
                Verdict.DANGEROUS,
                "\u0080\u0003}K\u0001" + bytes(Samples.bytes(HexFormat.of().formatHex(plain))) + "s.");
        is(Verdict.CLEAN, "\u0080\u0003}K\u0001" + bytes(Samples.checkpoint("\u0080\u0002}.")) + "s.");
        is(Verdict.CLEAN, "\u0080\u0003}K\u0001" + bytes(Samples.bytes("x\u009cnot packed at all, only bytes")) + "s.");
    }

    private static String bytes(byte[] content) {
        String length = "" + (char) (content.length & 0xFF) + (char) (content.length >> 8) + "\0\0";
        return "B" + length + new String(content, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void zerosBetweenPackedStreamsArePassedOver() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        for (String part : new String[] {"N0", CALL}) {
            GZIPOutputStream gzip = new GZIPOutputStream(packed);
            gzip.write(Samples.bytes(part));
            gzip.finish();
            packed.write(new byte[100]);
        }
        is(Verdict.DANGEROUS, packed.toByteArray());
    }

    @Test
    void archivesThatCannotBeReadAreNotClean() throws IOException {
        for (String begin :
                new String[] {"Rar!\u001a\u0007\u0001\0", "\u0050\u002a\u004d\u0018\u0004\0\0\0abcd", "LZIP\u0001"}) {
            is(Verdict.FAILED, Samples.zip("x", begin + "0123456789"));
        }
    }

    @Test
    void aRecordHasOneName() throws IOException {
        byte[] archive = Samples.zip("a/x", "text", "a/y", "text");
        assertNotEquals(Verdict.FAILED, Samples.scan(archive).verdict());
        byte[] named = new byte[archive.length + 12];
        int directory = archive.length - 22 - 2 * 49;
        // The field stands behind the second name, which is before the end record.
        System.arraycopy(archive, 0, named, 0, archive.length - 22);
        System.arraycopy(archive, archive.length - 22, named, archive.length - 10, 22);
        byte[] field = Samples.bytes("up\u0008\0\u0001\0\0\0\0pkl");
        System.arraycopy(field, 0, named, archive.length - 22, field.length);
        named[directory + 49 + 30] = (byte) field.length;
        named[archive.length - 10 + 12] += (byte) field.length;
        ScanReport.Result result = Samples.scan(named);
        assertEquals(Verdict.FAILED, result.verdict(), result.toString());
        assertEquals("zip.two-names", result.findings().get(0).rule(), result.toString());
    }

    @Test
    void partsOfCallsAndTypesOfValuesAreUnknownAtMost() {
        is(Verdict.SUSPICIOUS, "cfunctools\npartial\n(cbuiltins\nint\ntR.");
        is(Verdict.DANGEROUS, "cfunctools\npartial\n(cos\nsystem\ntR.");
        is(Verdict.DANGEROUS, "cfunctools\npartial\n(cbuiltins\nint\ntR(S'1'\ntR.");
        is(Verdict.SUSPICIOUS, "cbuiltins\ntype\n(NtR.");
        is(Verdict.DANGEROUS, "c__builtin__\ntype\n(S'X'\n)}tR.");
    }

    @Test
    void elementTypesOfOtherLibrariesAreUnknownAtMost() {
        String state = "(I3\nS'<'\nNNNI-1\nI-1\nI16\ntb.";
        is(Verdict.SUSPICIOUS, "cnumpy\ndtype\n(cml_dtypes\nbfloat16\nI00\nI01\ntR" + state);
        String record = "cnumpy\ndtype\n(cnumpy\nrecord\nI00\nI01\ntR";
        is(Verdict.SUSPICIOUS, record + state("cnumpy\ndtype\n(S'u8'\nI00\nI01\ntR", 16) + "b.");
        is(Verdict.DANGEROUS, record + state(OBJECTS, 16) + "b.");
        is(Verdict.DANGEROUS, "cnumpy\ndtype\n(cml_dtypes\nbfloat16\nI00\nI01\ntR" + state.replace("16", "63"));
    }

    @Test
    void maskedArraysAndGeneratorsAreData() {
        String masked = "cnumpy.ma.core\n_mareconstruct\n(cnumpy.ma\nMaskedArray\ncnumpy\nndarray\n(SHAPE\ntS'b'\ntR.";
        is(Verdict.CLEAN, masked.replace("SHAPE", "I0"));
        is(Verdict.DANGEROUS, masked.replace("SHAPE", "I4000000000"));
        is(Verdict.DANGEROUS, masked.replace("SHAPE", "I0").replace("cnumpy.ma\nMaskedArray", "cbuiltins\nlist"));
        String generator = "cnumpy.random._pickle\n__generator_ctor\n(cnumpy.random._pickle\n__bit_generator_ctor\n"
                + "(cnumpy.random._pcg64\nPCG64\ntRtR.";
        is(Verdict.CLEAN, generator);
        is(Verdict.DANGEROUS, generator.replace("cnumpy.random._pcg64\nPCG64", "cmy\nClass"));
        is(Verdict.DANGEROUS, "cnumpy.random._pickle\n__generator_ctor\n(S'x'\ncbuiltins\nlist\ntR.");
    }

    @Test
    void oldCheckpointsInStringsAreReadToTheirEnd() {
        String magic = "\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.";
        is(Verdict.DANGEROUS, "\u0080\u0003" + bytes(Samples.bytes(magic + "I1001\n.N." + CALL + "].")) + ".");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pathlib Path.write_text",
                "pathlib PosixPath.unlink",
                "numpy ndarray.tofile",
                "torch Tensor.map_",
                "torch.storage UntypedStorage.from_file"
            })
    void methodsOfPlainTypesThatWriteOrCallAreKnown(String name) {
        is(Verdict.DANGEROUS, "\u0080\u0004c" + name.replace(' ', '\n') + "\n(S'x'\ntR.");
    }

    @Test
    void longStringsAreNotPassedOver() throws IOException {
        String call = "\u0080\u0002" + CALL + "x".repeat(17 << 20);
        byte[] long17 = Samples.bytes(call);
        is(Verdict.DANGEROUS, "\u0080\u0003" + wide(long17) + ".");
        is(Verdict.FAILED, "\u0080\u0003" + wide(Base64.getEncoder().encode(long17)) + ".");
    }

    private static String wide(byte[] content) {
        int n = content.length;
        String length = "" + (char) (n & 0xFF) + (char) (n >> 8 & 0xFF) + (char) (n >> 16 & 0xFF) + (char) (n >>> 24);
        return "B" + length + new String(content, java.nio.charset.StandardCharsets.ISO_8859_1);
    }
}
