package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.scan.ScanReport;
import dev.modelfile.scan.ScanReport.Verdict;
import java.io.IOException;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every way in which a pickle can reach a call is seen. The commands would print a word; nothing here runs them.
final class MaliciousPickleTest {
    private static final String CALL = "cos\nsystem\n(S'echo hello'\ntR.";

    private static final String DOUBLED = "2\u00862\u00862\u00862\u00862\u00862\u00862\u00862\u0086"
            + "2\u00862\u00862\u00862\u00862\u00862\u00862\u00862\u00862\u00862\u00862\u00862\u00862\u00862\u0086";

    private static void dangerous(String pickle) {
        ScanReport.Result result = Samples.scan(pickle);
        assertEquals(Verdict.DANGEROUS, result.verdict(), result.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                CALL,
                "\u0080\u0002cos\nsystem\nX\u0004\0\0\0echo\u0085R.",
                "\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093\u008c\u0004echo\u0085R.",
                "(S'echo'\nios\nsystem\n.",
                "(cos\nsystem\nS'echo'\no.",
                "\u0080\u0002cos\nsystem\n)\u0081.",
                "\u0080\u0004cos\nsystem\n)}\u0092.",
                // Thrown away again, hidden in a tuple, through the memo, or after a DUP.
                "cos\nsystem\n(S'echo'\ntR0N.",
                "\u0080\u0002cos\nsystem\nq\u00070h\u0007S'echo'\n\u0085R.",
                "\u0080\u0004\u008c\u0002os2\u008c\u0006system\u0093)R0\u00880.",
                "\u0080\u0002(cos\nsystem\n1N.",
                // Names of Python 2, of private twins, of platform modules, and submodules.
                "c__builtin__\neval\n(S'1'\ntR.",
                "ccommands\ngetoutput\n(S'echo'\ntR.",
                "cposix\nsystem\n(S'echo'\ntR.",
                "cnt\nsystem\n(S'echo'\ntR.",
                "c_posixsubprocess\nfork_exec\n)R.",
                "ctest.support.script_helper\nassert_python_ok\n)R.",
                "curllib2\nurlopen\n(S'x'\ntR.",
                "casyncio.unix_events\n_UnixSubprocessTransport._start\n)R.",
                "clogging\nFileHandler\n(S'x'\ntR.",
                "cpip._internal.cli.main\nmain\n)R.",
                "cpkgutil\nresolve_name\n(S'os:system'\ntR.",
                "coperator\nattrgetter\n(S'system'\ntR.",
                "cbuiltins\ngetattr\n)R.",
                // Loaders of a second stage.
                "ctorch\nload\n(S'x'\ntR.",
                "ctorch.storage\n_load_from_bytes\n(S'x'\ntR.",
                "cnumpy\nload\n(S'x'\ntR.",
                "cpickle\nloads\n(S'x'\ntR.",
                "cdill\nloads\n(S'x'\ntR.",
                // Dotted names.
                "\u0080\u0004\u008c\u0005torch\u008c\u0009os.system\u0093)R.",
                "\u0080\u0004\u008c\u0005torch\u008c\u0010hub.sys.modules_\u0093.",
                "\u0080\u0004ctorch\n__class__.__base__\n)R.",
                // Attributes of a global, calls of results, and names that are computed.
                "ccollections\nOrderedDict\n}b.",
                "ccollections\nOrderedDict\n)R)R.",
                "\u0080\u0004K\u0001\u008c\u0006system\u0093.",
                // Allowed names with arguments that are not.
                "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch\nfloat32\nctorch\nTensor\n)NtR.",
                "c_codecs\nencode\n(S'x'\nS'rot13'\ntR.",
                "cbuiltins\nbytearray\n(I4000000000\ntR.",
                "ctorch\nFloatTensor\n(I4000000000\ntR.",
                "c_codecs\nencode\n(S'x'\nS'latin1'\ntR0\u0080\u0004cbuiltins\nbytes\n)}\u0092.",
                "cbuiltins\nbytes\n(I4000000000\ntR.",
                "cbuiltins\nstr\n(]tR.",
                "cbuiltins\nint\n(cdecimal\nDecimal\n(S'1e99999999'\ntRtR.",
                "cbuiltins\nrange\n(I4000000000\ntR.",
                "cfractions\nFraction\n(S'1e99999999'\ntR.",
                "ccopyreg\n_reconstructor\n(cbuiltins\nbytearray\ncbuiltins\nbytearray\nI4000000000\ntR.",
                "ctorch.storage\nUntypedStorage\n(I4000000000\ntR.",
                "ctorch\nTensor\n(ctorch\nSize\n((I4000000000\nttRtR.",
                "cnumpy\nndarray\n(I4000000000\nS'u1'\ntR.",
                "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I4000000000\ntS'b'\ntR.",
                // Functions that give back what they get, to change a class through them.
                "ctorch.jit._pickle\nrestore_type_tag\n(ctorch\nTensor\nS'x'\ntR(N}S'grad'\nNstb.",
                "((S'module'\nctorch\nTensor\nS'x'\nS'y'\ntQ(N}S'grad'\nNstb.",
                // Element types of NumPy whose state makes numbers addresses, or reaches outside.
                "cnumpy\ndtype\n(S'O8'\nI00\nI01\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntb.",
                "cnumpy\ndtype\n(S'f8'\nI00\nI01\ntR(I3\nS'<'\nNNNI-1\nI-1\nI63\ntb.",
                "cnumpy\ndtype\n(S'V8'\nI00\nI01\ntR(I3\nS'|'\nN(S'a'\nt}S'a'\n(cnumpy\ndtype\n"
                        + "(S'f8'\nI00\nI01\ntRI4\ntsI8\nI1\nI16\ntb.",
                // Odd but legal for CPython before the call.
                "}Nb0" + CALL,
                "]NaI0\nNs0" + CALL,
                "\u0080\u0005\u0096\0\0\0\0\0\0\0\0K\u0001a0" + CALL,
                // Names that are spelled with escapes, and taken from the memo.
                "V\\u006f\\u0073\nVsyst\\u0065m\n\u0093)R.",
                "S\"\\x6f\\163\"\nS\"system\"\n\u0093)R.",
                "\u0080\u0004\u008c\u0002os\u00940\u008c\u0006system\u00940h\0h\u0001\u0093)R.",
                // Broken after the call, and cut short.
                "cos\nsystem\n(S'echo'\ntR\u00ff",
                "cos\nsystem\n(S'echo'\ntR",
                // A module that is only imported can already run code.
                "cos\nsystem\n."
            })
    void everyRouteToACallIsDangerous(String pickle) {
        dangerous(pickle);
    }

    @Test
    void hiddenBehindAnotherPickle() {
        dangerous("\u0080\u0002}." + CALL);
        dangerous("\u0080\u0002}.garbage" + "\u0080\u0002" + CALL);
        dangerous("\u0080\u0002]q\0." + "\u0080\u0002N." + "\u0080\u0002" + CALL);
        dangerous("\u0080\u0002\u008b\u00d0\u0007\0\0" + "1".repeat(2000) + "0" + CALL);
        // A frame that is longer than the file.
        dangerous("\u0080\u0004\u0095\u00ff\0\0\0\0\0\0\0" + CALL);
        // Plain values alone are no pickles, but readers take one after the other.
        dangerous("I1\n." + CALL);
        dangerous("(lp0\n." + CALL);
        dangerous("N.".repeat(500) + CALL);
        dangerous("L119547037146038801333356L\n.I1001\n.(d." + CALL);
        // Where a frame ends, for readers that keep to frames.
        dangerous("\u0080\u0004\u0095\u0010\0\0\0\0\0\0\0N.xxxxxxxxxxxxxx" + CALL);
    }

    @Test
    void hiddenAmongThePartsOfAnOldCheckpoint() {
        String magic = "\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.";
        dangerous(magic + "I1001\n.N." + CALL);
        dangerous(magic + "I1001\n." + CALL);
        dangerous(magic + CALL);
        dangerous(magic + "I1001\n.N.N." + CALL);
        assertEquals(Verdict.FAILED, Samples.scan(magic + "I1001\n.\u00ff").verdict());
    }

    @Test
    void hiddenInAString() {
        String inner = "\u0080\u0002" + CALL;
        dangerous("\u0080\u0003}K\u0001C" + (char) inner.length() + inner + "s.");
        String base64 = Base64.getEncoder().encodeToString(Samples.bytes(inner));
        dangerous("\u0080\u0002}K\u0001X" + (char) base64.length() + "\0\0\0" + base64 + "s.");
        String hex = HexFormat.of().formatHex(Samples.bytes(inner));
        dangerous("\u0080\u0002}K\u0001X" + (char) hex.length() + "\0\0\0" + hex + "s.");
    }

    @Test
    void moreStringsThanAreLookedAtAreNotClean() {
        String decoys = "X\u0010\0\0\0gAAAAAAAAAAAAAAA0".repeat(10_001);
        assertEquals(
                Verdict.FAILED, Samples.scan("\u0080\u0002" + decoys + "N.").verdict());
        String names = "X\u0010\0\0\0conv1.0123456789".repeat(20_001);
        assertEquals(
                Verdict.CLEAN, Samples.scan("\u0080\u0002](" + names + "e.").verdict());
    }

    @Test
    void hiddenInArchives() throws IOException {
        byte[] inner = Samples.zip("x/y.dat", CALL);
        assertEquals(Verdict.DANGEROUS, Samples.scan(inner).verdict());
        assertEquals(
                Verdict.DANGEROUS, Samples.scan(Samples.zip("outer", inner)).verdict());
        assertEquals(Verdict.DANGEROUS, Samples.scan(Samples.checkpoint(CALL)).verdict());
        // A record that no tensor refers to, beside a harmless checkpoint.
        byte[] beside = Samples.zip("a/data.pkl", "\u0080\u0002}.", "a/version", "3\n", "a/data/9", CALL);
        assertEquals(Verdict.DANGEROUS, Samples.scan(beside).verdict());
        java.io.ByteArrayOutputStream packed = new java.io.ByteArrayOutputStream();
        try (var gzip = new java.util.zip.GZIPOutputStream(packed)) {
            gzip.write(Samples.bytes(CALL));
        }
        assertEquals(Verdict.DANGEROUS, Samples.scan(packed.toByteArray()).verdict());
        byte[] deflated = packed.toByteArray();
        assertEquals(Verdict.DANGEROUS, Samples.scan(Samples.zip("a", deflated)).verdict());
    }

    @Test
    void hiddenInAnArrayOfObjects() {
        String header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n";
        dangerous("\u0093NUMPY\u0001\0" + (char) header.length() + "\0" + header + CALL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0080\u0002cmy.module\nThing\n)R.",
                "\u0080\u0002cmy.module\nThing\n.",
                "\u0080\u0002}\u0082\u0005\u0086.",
                "\u0080\u0005]\u0097a.",
                "\u0080\u0002].trailing",
                "\u0080\u0004\u0095\u0002\0\0\0\0\0\0\0]K\u0001a.",
                "\u0080\u0002]I0x10\na.",
                "\u0080\u0004\u008c\u000bcollections\u008c\u000babc.Mapping\u0093.",
                // What only TorchScript gives a meaning, and tuples that take forever to hash.
                "\u0080\u0002c__torch__\nThing\n)R.",
                "\u0080\u0004\u008f(K\u0001222\u0086\u0086\u00862\u0086" + DOUBLED + "\u0090.",
                "\u0080\u0004(K\u0001" + DOUBLED + "\u0091.",
                "\u0080\u0002ccollections\nCounter\n(K\u0001" + DOUBLED + "l\u0085R."
            })
    void unusualIsSuspicious(String pickle) {
        ScanReport.Result result = Samples.scan(pickle);
        assertEquals(Verdict.SUSPICIOUS, result.verdict(), result.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0080\u0002]",
                "\u0080\u0002}X\u00ff\u00ff\0\0a",
                "\u0080\u0002cmy\nThing\n)R\u00ff",
                "\u0080\u0004\u0095\u00ff\0\0\0\0\0\0\0].",
                "\u0080\u0002}Nb."
            })
    void whatIsNotReadToItsEndIsNeverClean(String pickle) {
        ScanReport.Result result = Samples.scan(pickle);
        assertEquals(Verdict.FAILED, result.verdict(), result.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0080\u0002ccollections\nOrderedDict\n)R.",
                "\u0080\u0002c_codecs\nencode\nX\u0001\0\0\0aX\u0006\0\0\0latin1\u0086R.",
                "\u0080\u0002c__builtin__\nset\n]\u0085R.",
                "\u0080\u0004}\u008c\u0001aK\u0001s.",
                "c__builtin__\nxrange\n(I0\nI10\nI1\ntR.",
                "cfractions\nFraction\n(S'1/3'\ntR.",
                "cnumpy\ndtype\n(S'U5'\nI00\nI01\ntR(I3\nS'<'\nNNNI20\nI4\nI8\ntb.",
                "cnumpy\ndtype\n(S'V8'\nI00\nI01\ntR(I3\nS'|'\nN(S'a'\nt}S'a'\n(cnumpy\ndtype\n"
                        + "(S'f4'\nI00\nI01\ntRI4\ntsI8\nI1\nI16\ntb."
            })
    void ordinaryDataIsClean(String pickle) {
        ScanReport.Result result = Samples.scan(pickle);
        assertEquals(Verdict.CLEAN, result.verdict(), result.toString());
        assertTrue(result.findings().isEmpty(), result.toString());
    }

    @Test
    void aFindingSaysEverything() {
        var finding = Samples.scan("\u0080\u0002" + CALL).findings().stream()
                .filter(f -> f.rule().equals("pickle.dangerous-call"))
                .findFirst()
                .orElseThrow();
        assertEquals(29, finding.offset());
        assertTrue(finding.message().contains("REDUCE calls os.system('echo hello')"), finding.message());
    }

    @Test
    void otherFilesAreNotOurs() {
        for (String text :
                new String[] {"hello world\n", "import os\nprint(1)\n", "{\"a\": 1}", "README\n", "", "N."}) {
            assertEquals("test.unknown", Samples.scan(text).findings().get(0).rule(), text);
        }
        assertNotEquals("test.unknown", Samples.scan(CALL).findings().get(0).rule());
    }
}
