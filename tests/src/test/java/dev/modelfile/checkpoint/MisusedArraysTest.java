package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.modelfile.scan.ScanReport;
import dev.modelfile.scan.ScanReport.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// States of arrays and element types that NumPy believes although it would not write them: it takes numbers for
/// addresses then, reads behind the end of a list, or frees what is still in use.
final class MisusedArraysTest {
    private static final String EMPTY = "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR";
    private static final String NUMBERS = "cnumpy\ndtype\n(S'u8'\nI00\nI01\ntR";
    private static final String OBJECTS = "cnumpy\ndtype\n(S'O8'\nI00\nI01\ntR(I3\nS'|'\nNNNI-1\nI-1\nI63\ntb";
    private static final String RECORD = "cnumpy\ndtype\n(S'V8'\nI00\nI01\ntR";
    private static final String FIELDS = "(S'a'\nt}S'a'\n(" + OBJECTS + "I0\nts";

    private static void is(Verdict verdict, String pickle) {
        ScanReport.Result result = Samples.scan(Samples.bytes(pickle));
        assertEquals(verdict, result.verdict(), result.toString());
    }

    private static String objects(String list) {
        return EMPTY + "(I1\n(I3\nt" + OBJECTS + "I00\n" + list + "tb.";
    }

    @Test
    void listsHaveAsManyObjectsAsTheirArray() {
        is(Verdict.CLEAN, objects("(NNNl"));
        is(Verdict.CLEAN, objects("]Na(NNe"));
        is(Verdict.DANGEROUS, objects("(NNl"));
        is(Verdict.DANGEROUS, objects("]NaNa"));
        is(Verdict.DANGEROUS, "(NNNlp1\n" + objects("g1\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"((I1\nt%sI0\nS'AAAAAAAA'\nt", "(I1\n(I1\nt%sI00\nS'AAAAAAAA'\nl"})
    void statesOfArraysHaveTheirVersionAndAreTuples(String state) {
        is(Verdict.CLEAN, EMPTY + "(I1\n(I1\nt" + NUMBERS + "I00\nS'AAAAAAAA'\ntb.");
        is(Verdict.DANGEROUS, EMPTY + state.formatted(NUMBERS) + "b.");
    }

    @Test
    void arraysGetTheirElementsOnce() {
        String state = "(I1\n(I1\nt" + NUMBERS + "I00\nS'AAAAAAAA'\ntb";
        is(Verdict.DANGEROUS, EMPTY + state + state + ".");
        String buffer = "cnumpy.core.numeric\n_frombuffer\n(C\u0008AAAAAAAA" + NUMBERS + "(I1\ntS'C'\ntR";
        is(Verdict.CLEAN, "\u0080\u0003" + buffer + ".");
        is(Verdict.DANGEROUS, "\u0080\u0003" + buffer + state + ".");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Fields beside a repeated part, and states that are too short for what they would say.
                "(I3\nS'|'\n(" + NUMBERS + "(I1\ntt" + FIELDS + "I8\nI1\nI0\nt",
                "(I1\nS'|'\n(" + NUMBERS + "(I1\ntt}I8\nI8\nt",
                "(I3\nS'|'\nN" + FIELDS + "I8\nI1\nt",
                "(I2\nS'|'\nN" + FIELDS + "I8\nI1\nI27\nt",
                // Names that could be changed.
                "(I3\nS'|'\nN(S'a'\nl}S'a'\n(" + NUMBERS + "I0\ntsI8\nI1\nI0\nt"
            })
    void elementTypesHaveAllTheirParts(String state) {
        is(Verdict.CLEAN, RECORD + "(I3\nS'|'\nN" + FIELDS + "I8\nI1\nI27\ntb.");
        is(Verdict.DANGEROUS, RECORD + state + "b.");
    }

    @Test
    void fieldsStayAsTheyWere() {
        String type = RECORD + "(I3\nS'|'\nN(S'a'\nt}p1\nS'a'\n(" + NUMBERS + "I0\ntsI8\nI1\nI0\ntb";
        is(Verdict.CLEAN, type + ".");
        is(Verdict.FAILED, "(" + type + "g1\nS'a'\n(" + OBJECTS + "I0\ntsl.");
    }

    @Test
    void classesWithoutAnElementTypeAreNone() {
        is(Verdict.DANGEROUS, "cnumpy\ndtype\n(cbuiltins\nlist\nI00\nI01\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntb.");
    }

    @Test
    void wrappersOfArraysGetTheirStateOnce() {
        String state = "(S'shape'\n(I4\ntS'dtype'\ncnumpy\ndtype\n(S'u1'\nI00\nI01\ntRd";
        String padded = state.replace("Rd", "RS'numpy_array_alignment_bytes'\nI16\nd");
        String wrapper = "\u0080\u0002(cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\u0081p1\n";
        is(Verdict.CLEAN, wrapper + padded + "b\0AAAAl.");
        is(Verdict.FAILED, wrapper + padded + "b\0AAAAg1\n" + state + "bAAAAl.");
    }
}
