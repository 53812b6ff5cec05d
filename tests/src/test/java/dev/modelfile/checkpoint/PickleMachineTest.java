package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.modelfile.MalformedModelException;
import dev.modelfile.checkpoint.PickleValue.Construction;
import dev.modelfile.checkpoint.PickleValue.Kind;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every opcode does what CPython's unpickler does, except that nothing happens.
final class PickleMachineTest {
    /// A value as Python would print it, with calls as they are described.
    private static String show(PickleValue value) {
        return switch (value) {
            case PickleValue.None none -> "None";
            case PickleValue.Bool bool -> bool.value() ? "True" : "False";
            case PickleValue.Int number -> Long.toString(number.value());
            case PickleValue.BigInt wide -> wide.value().toString();
            case PickleValue.Real real -> Double.toString(real.value());
            case PickleValue.Text text -> "'" + text.value() + "'";
            case PickleValue.Bytes bytes ->
                (bytes.mutable() ? "bytearray:" : "bytes:")
                        + new String(bytes.bytes().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
            case PickleValue.Sequence sequence -> sequence.kind() + show(sequence.items());
            case PickleValue.Dict dict -> show(dict);
            case PickleValue.Global global -> global.toString();
            case PickleValue.PersistentId id -> "id(" + show(id.id()) + ")";
            case PickleValue.Opaque opaque -> opaque.kind() + " " + opaque.text();
            case PickleValue.Instance call ->
                call.construction() + " " + show(call.callable()) + show(call.arguments())
                        + (call.keywords() == null ? "" : " **" + show(call.keywords()))
                        + (call.states().isEmpty() ? "" : " state" + show(call.states()))
                        + (call.items().isEmpty() ? "" : " items" + show(call.items()));
        };
    }

    private static String show(List<PickleValue> values) {
        return values.stream().map(PickleMachineTest::show).collect(Collectors.joining(", ", "[", "]"));
    }

    private static String show(PickleValue.Dict dict) {
        return dict.entries().stream()
                .map(e -> show(e.key()) + ": " + show(e.value()))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private static void check(String expected, String pickle) throws IOException {
        assertEquals(expected, show(Samples.load(pickle)));
    }

    @Test
    void scalars() throws IOException {
        check("None", "N.");
        check("True", "\u0088.");
        check("False", "\u0089.");
        check("-2", "J\u00fe\u00ff\u00ff\u00ff.");
        check("200", "K\u00c8.");
        check("513", "M\u0001\u0002.");
        check("1.5", "G\u003f\u00f8\0\0\0\0\0\0.");
        check("0", "\u008a\0.");
        check("-1", "\u008a\u0001\u00ff.");
        check("18446744073709551616", "\u008a\u0009\0\0\0\0\0\0\0\0\u0001.");
        check("255", "\u008b\u0002\0\0\0\u00ff\0.");
        check("2.5", "F2.5\n.");
        check("-Infinity", "F-Infinity\n.");
    }

    @Test
    void textAndBytes() throws IOException {
        check("'ab'", "X\u0002\0\0\0ab.");
        check("'ab'", "\u008c\u0002ab.");
        check("'ab'", "\u008d\u0002\0\0\0\0\0\0\0ab.");
        check("'ab'", "U\u0002ab.");
        check("'ab'", "T\u0002\0\0\0ab.");
        check("'a\nb\\\"'", "S'a\\nb\\\\\\\"'\n.");
        check("'A\\x41\u0041'", "VA\\x41\\u0041\n.");
        check("'\ud800'", "X\u0003\0\0\0\u00ed\u00a0\u0080.");
        check("bytes:ab", "C\u0002ab.");
        check("bytes:ab", "B\u0002\0\0\0ab.");
        check("bytes:ab", "\u008e\u0002\0\0\0\0\0\0\0ab.");
        check("bytearray:ab", "\u0096\u0002\0\0\0\0\0\0\0ab.");
        String longText = "x".repeat(3000);
        check("'" + longText + "'", "X\u00b8\u000b\0\0" + longText + ".");
    }

    @Test
    void containers() throws IOException {
        check("TUPLE[]", ").");
        check("TUPLE[1]", "K\u0001\u0085.");
        check("TUPLE[1, 2]", "K\u0001K\u0002\u0086.");
        check("TUPLE[1, 2, 3]", "K\u0001K\u0002K\u0003\u0087.");
        check("TUPLE[1, 2]", "(K\u0001K\u0002t.");
        check("LIST[1, 2, 3]", "](K\u0001K\u0002eK\u0003a.");
        check("LIST[1]", "(K\u0001l.");
        check("{1: 2}", "(K\u0001K\u0002d.");
        check("{1: 2, 3: 4}", "}K\u0001K\u0002s(K\u0003K\u0004u.");
        check("SET[1, 2]", "\u008f(K\u0001K\u0002\u0090.");
        check("FROZENSET[1]", "(K\u0001\u0091.");
    }

    @Test
    void stackAndMemo() throws IOException {
        check("1", "K\u0001K\u00020.");
        check("TUPLE[1, 1]", "K\u00012\u0086.");
        check("1", "K\u0001(K\u0002K\u00031.");
        check("1", "K\u0001(0.");
        check("TUPLE[5, 5]", "K\u0005p9\n0g9\ng9\n\u0086.");
        check("5", "K\u0005q\u00070h\u0007.");
        check("5", "K\u0005r\u00ff\u00ff\u00ff\u007f0j\u00ff\u00ff\u00ff\u007f.");
        check("5", "K\u0005\u00940h\0.");
        PickleValue.Sequence pair = (PickleValue.Sequence) Samples.load("]2\u0086.");
        assertSame(pair.items().get(0), pair.items().get(1));
        check("7", "K\u0006(K\u0007.");
    }

    @Test
    void callsAreOnlyDescribed() throws IOException {
        check("m.n", "cm\nn\n.");
        check("m.n", "\u008c\u0001m\u008c\u0001n\u0093.");
        check("REDUCE m.nTUPLE[1]", "cm\nn\nK\u0001\u0085R.");
        check("NEWOBJ m.nTUPLE[]", "cm\nn\n)\u0081.");
        check("NEWOBJ_EX m.nTUPLE[] **{'k': 1}", "cm\nn\n)}U\u0001kK\u0001s\u0092.");
        check("INST m.nTUPLE[1]", "(K\u0001im\nn\n.");
        check("OBJ m.nTUPLE[1]", "(cm\nn\nK\u0001o.");
        check("REDUCE m.nTUPLE[] state[{1: 2}] items[3]", "cm\nn\n)R}K\u0001K\u0002sbK\u0003a.");
        check("id('7')", "P7\n.");
        check("id(TUPLE[1])", "K\u0001\u0085Q.");
        check("extension 5", "\u0082\u0005.");
        check("extension 258", "\u0083\u0002\u0001.");
        check("extension 1", "\u0084\u0001\0\0\0.");
        check("buffer out of band", "\u0097.");
        check("buffer out of band", "\u0097\u0098.");
        check("1", "\u0080\u0004\u0095\u0003\0\0\0\0\0\0\0K\u0001.");
        assertEquals(Construction.OBJ, ((PickleValue.Instance) Samples.load("(cm\nn\no.")).construction());
        assertEquals(Kind.TUPLE, ((PickleValue.Sequence) Samples.load(").")).kind());
    }

    /// CPython 3.11's C unpickler was asked.
    @ParameterizedTest
    @CsvSource({
        "I0x10,16",
        "I0b11,3",
        "I0o17,15",
        "I010,8",
        "I1_0,10",
        "I 7,7",
        "I00,False",
        "I01,True",
        "I 1,True",
        "I+1,True",
        "I-0,False",
        "I02,2",
        "I1,1",
        "I001,1",
        "L0x10L,16",
        "L10,10",
        "L1_0L,10",
        "L0b1L,1",
        "L12345678901234567890L,12345678901234567890"
    })
    void numbersInText(String line, String expected) throws IOException {
        check(expected, line + "\n.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "I5L\n.",
                "L010L\n.",
                "L5l\n.",
                "F1e999\n.",
                "F0x1p3\n.",
                "F1_0\n.",
                "I\n.",
                "S'a\n.",
                "Sa\n.",
                "S'\\x4'\n.",
                "g0x5\n.",
                "K\u0001p-1\n.",
                ".",
                "0.",
                "(.",
                "R.",
                "a.",
                "h\0.",
                "}K\u0001s.",
                "(K\u0001d.",
                "\u0080\u0006N.",
                "\u0082\0.",
                "\u0084\u00ff\u00ff\u00ff\u00ff.",
                "\u008b\u00ff\u00ff\u00ff\u00ff.",
                "X\u00ff\u00ff\u00ff\u00ffa.",
                "\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ffa.",
                "T\u00ff\u00ff\u00ff\u00ff.",
                "X\u0001\0\0\0\u00ff.",
                "\u0095\u00ff\0\0\0\0\0\0\0N.",
                "K\u0001\u0098.",
                "\u0099.",
                "K\u0001K\u0002a.",
                "N",
                "",
                "V\\u12\n."
            })
    void brokenStreamsAreOneKindOfError(String pickle) {
        assertThrows(MalformedModelException.class, () -> Samples.load(pickle));
    }

    @Test
    void nestingCostsNoStack() throws IOException {
        PickleValue value = Samples.load("]".repeat(200_000) + "a".repeat(199_999) + ".");
        for (int i = 0; i < 199_999; i++) {
            value = ((PickleValue.Sequence) value).items().get(0);
        }
        assertInstanceOf(PickleValue.Sequence.class, value);
    }

    @Test
    void cyclesAreLegal() throws IOException {
        PickleValue.Sequence list = (PickleValue.Sequence) Samples.load("]q\0h\0a.");
        assertSame(list, list.items().get(0));
    }
}
