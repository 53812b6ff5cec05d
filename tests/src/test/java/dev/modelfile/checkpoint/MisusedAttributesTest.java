package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.modelfile.scan.ScanReport;
import dev.modelfile.scan.ScanReport.Verdict;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// States that turn an object into another one, methods that a state puts in place, and calls that take memory or time
/// through what they are given.
final class MisusedAttributesTest {
    private static final String OBJECTS = "cnumpy\ndtype\n(S'O8'\nI00\nI01\ntR(I3\nS'|'\nNNNI-1\nI-1\nI63\ntb";
    private static final String ARRAY =
            "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I%d\nt%sI00\n(NNltb.";
    /// Four elements, a view of which has as many as it likes.
    private static final String STORAGE = "(Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nI4\ntQ";

    private static void is(Verdict verdict, String pickle) {
        ScanReport.Result result = Samples.scan(Samples.bytes(pickle));
        assertEquals(verdict, result.verdict(), result.toString());
    }

    private static String tensor(int elements, int stride) {
        return "ctorch._utils\n_rebuild_tensor_v2\n(" + STORAGE + "I0\n(I" + elements + "\nt(I" + stride
                + "\ntI00\nccollections\nOrderedDict\n)RtR";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(N(dS'__class__'\ncjoblib.numpy_pickle\nNumpyArrayWrapper\nst",
                "(N(dV__cl\\u0061ss__\ncjoblib.numpy_pickle\nNumpyArrayWrapper\nst",
                "}\u008c\u0009__class__cbuiltins\nlist\ns",
                "}S'__setstate__'\ncfractions\nFraction\ns",
                "}S'__array_interface__'\n}s",
                "ccollections\nOrderedDict\n)R",
                "(Ncbuiltins\ndict\n)Rt",
                "}cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'U9'\ntRS'abcdefghi'\ntRNs"
            })
    void attributesThatPythonAsksForAreNotClean(String state) {
        is(Verdict.SUSPICIOUS, "\u0080\u0002cargparse\nNamespace\n)R" + state + "b.");
    }

    @Test
    void otherAttributesAreData() {
        is(Verdict.CLEAN, "\u0080\u0002cargparse\nNamespace\n)R}S'__version__'\nI1\nsb.");
        is(Verdict.CLEAN, "\u0080\u0002ccollections\nOrderedDict\n)R}S'_metadata'\nccollections\nOrderedDict\n)Rsb.");
    }

    @Test
    void itemsDoNotReachMethodsOfAState() {
        is(Verdict.FAILED, "ccollections\nOrderedDict\n)R}S'append'\ncfractions\nFraction\nsbS'1'\na.");
        String made = "ccopyreg\n_reconstructor\n(cargparse\nNamespace\ncbuiltins\nBASE\nNtR";
        is(Verdict.FAILED, made.replace("BASE", "object") + "}S'append'\ncfractions\nFraction\nsbS'1'\na.");
        is(Verdict.FAILED, made.replace("BASE", "dict") + "S'1'\na.");
        is(Verdict.CLEAN, made.replace("BASE", "dict") + "S'1'\nI1\ns.");
        is(Verdict.CLEAN, made.replace("BASE", "list") + "S'1'\na.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'V999999999'\ntRtR.",
                "ctorch\nSize\n(cbuiltins\nrange\n(I16000000\ntRtR.",
                "cnumpy.random._pcg64\nPCG64\n(cbuiltins\nrange\n(I16000000\ntRtR.",
                "cbuiltins\nstr\n(\u008e\u0001\0\0\0\0\0\0\0aS'punycode'\ntR.",
                "cbuiltins\nbytearray\n(S'a'\nS'punycode'\ntR."
            })
    void memoryAndTimeAreNotTakenByWhatIsGiven(String pickle) {
        is(Verdict.DANGEROUS, pickle);
    }

    @Test
    void longNumbersAreNotConverted() {
        is(Verdict.CLEAN, "cbuiltins\nint\n(S'" + "9".repeat(100) + "'\ntR.");
        is(Verdict.DANGEROUS, "cbuiltins\nint\n(S'" + "9".repeat(20_000) + "'\ntR.");
    }

    @Test
    void arraysHaveAsManyObjectsAsTheFile() {
        is(Verdict.CLEAN, ARRAY.formatted(2, OBJECTS));
        is(Verdict.DANGEROUS, ARRAY.formatted(2_000_000_000, OBJECTS));
    }

    @Test
    void tensorsAreNotWrittenOutElementByElement() {
        is(Verdict.DANGEROUS, "cbuiltins\nlist\n(" + tensor(1_000_000_000, 0) + "tR.");
        is(Verdict.DANGEROUS, "ccollections\nOrderedDict\n(" + tensor(1_000_000_000, 0) + "tR.");
        String moved = "ctorch._utils\n_rebuild_device_tensor_from_cpu_tensor\n(%sctorch\nfloat64\nS'cpu'\nI00\ntR.";
        is(Verdict.CLEAN, moved.formatted(tensor(4, 1)));
        is(Verdict.DANGEROUS, moved.formatted(tensor(1_000_000_000, 0)));
    }

    @Test
    void filesOfOtherFormatsThatCanHoldCodeAreNamed() {
        is(Verdict.SUSPICIOUS, "\u0089HDF\r\n\u001a\n\0\0\0\0");
    }

    @Test
    void everyLayoutOfScriptsIsNamed() throws IOException {
        for (String name : new String[] {"constants.pkl", "model.json", "code/m.py", "code/a/b.PY", "bytecode.pkl"}) {
            ScanReport.Result result = Samples.scan(Samples.zip("a/version", "1", "a/" + name, "\u0080\u0002)."));
            assertEquals("torch.script", result.findings().get(0).rule(), result.toString());
        }
    }
}
