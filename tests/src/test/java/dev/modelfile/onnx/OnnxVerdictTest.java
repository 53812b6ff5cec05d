package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.onnx.proto.StringStringEntryProto;
import dev.modelfile.onnx.proto.TensorProto;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Where ONNX's checker, its loader and ONNX Runtime disagree, there is one verdict here, with a stable name.
final class OnnxVerdictTest {
    private static final String ACCEPTED = "";
    private static final int FLOAT = 1;

    @TempDir
    Path folder;

    /// A tensor and the rule that refuses it, empty if none does; `onlyChecked` if opening accepts it.
    record Case(String about, TensorProto tensor, String rule, boolean onlyChecked) {
        @Override
        public String toString() {
            return about + (rule.isEmpty() ? " is accepted" : ": " + rule);
        }
    }

    private static TensorProto.Builder tensor(int type, long... dims) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName("t").setDataType(type);
        for (long dim : dims) {
            tensor.addDims(dim);
        }
        return tensor;
    }

    private static ByteString zeros(int count) {
        return ByteString.copyFrom(new byte[count]);
    }

    private static Case of(String about, TensorProto.Builder tensor, String rule) {
        return new Case(about, tensor.build(), rule, false);
    }

    static Stream<Case> inline() {
        return Stream.of(
                of("raw data too long", tensor(FLOAT, 2).setRawData(zeros(64)), "onnx.tensor-size"),
                of("raw data too short", tensor(FLOAT, 2).setRawData(zeros(7)), "onnx.tensor-size"),
                of("float_data too long", tensor(FLOAT, 1).addFloatData(1).addFloatData(2), "onnx.tensor-size"),
                of("float_data too short", tensor(FLOAT, 3).addFloatData(1), "onnx.tensor-size"),
                of("both fields", tensor(FLOAT, 1).setRawData(zeros(4)).addFloatData(2), ACCEPTED),
                of("two typed fields", tensor(FLOAT, 1).addFloatData(1).addInt32Data(2), "onnx.tensor-several-fields"),
                of("INT8 out of range", tensor(3, 2).addInt32Data(300).addInt32Data(-1), ACCEPTED),
                of("8 four-bit elements in an entry", tensor(21, 8).addInt32Data(0x76543210), "onnx.tensor-size"),
                of(
                        "3 four-bit elements, dirty rest",
                        tensor(21, 3).addInt32Data(0x21).addInt32Data(0xF3),
                        ACCEPTED),
                of("10 four-bit elements in 4 bytes", tensor(22, 10).setRawData(zeros(4)), "onnx.tensor-size"),
                of("10 four-bit elements in 5 bytes", tensor(22, 10).setRawData(zeros(5)), ACCEPTED),
                of("10 two-bit elements in 2 bytes", tensor(26, 10).setRawData(zeros(2)), "onnx.tensor-size"),
                of("10 two-bit elements in 3 bytes", tensor(26, 10).setRawData(zeros(3)), ACCEPTED),
                of("BOOL 2", tensor(9, 1).setRawData(ByteString.copyFrom(new byte[] {2})), ACCEPTED),
                of(
                        "a segment",
                        tensor(FLOAT, 1)
                                .setRawData(zeros(4))
                                .setSegment(TensorProto.Segment.newBuilder()
                                        .setBegin(0)
                                        .setEnd(1)),
                        "onnx.tensor-segment"),
                of("empty without data", tensor(FLOAT, 0), ACCEPTED),
                of("empty with data", tensor(FLOAT, 0).setRawData(zeros(4)), "onnx.tensor-empty-with-data"),
                of("negative dimension", tensor(FLOAT, -1).addFloatData(1), "onnx.tensor-dimension"),
                of("too large", tensor(FLOAT, 1L << 62, 4).addFloatData(1), "onnx.tensor-overflow"),
                of("too many bytes", tensor(FLOAT, 1L << 62).addFloatData(1), "onnx.tensor-overflow"),
                of("text in raw_data", tensor(8, 1).setRawData(zeros(1)), "onnx.tensor-string-raw"),
                new Case(
                        "text that is none",
                        tensor(8, 1)
                                .addStringData(ByteString.copyFrom(new byte[] {-1}))
                                .build(),
                        "onnx.tensor-string-utf8",
                        true),
                of("one text missing", tensor(8, 2).addStringData(zeros(1)), "onnx.tensor-size"),
                of("INT64 in float_data", tensor(7, 1).addFloatData(1), "onnx.tensor-wrong-field"),
                of("a scalar", tensor(FLOAT).addFloatData(1), ACCEPTED),
                of("no data", tensor(FLOAT, 1), "onnx.tensor-no-data"),
                of("no type", TensorProto.newBuilder().setName("t").setRawData(zeros(1)), "onnx.tensor-undefined"),
                of("UNDEFINED", tensor(0, 1).setRawData(zeros(1)), "onnx.tensor-undefined"),
                of("unknown type", tensor(9999, 2).setRawData(zeros(3)), ACCEPTED),
                of("COMPLEX128 one short", tensor(15, 2).setRawData(zeros(31)), "onnx.tensor-size"));
    }

    private static Case external(String about, String rule, String... keysAndValues) {
        TensorProto.Builder tensor = tensor(FLOAT, 2).setDataLocation(TensorProto.DataLocation.EXTERNAL);
        for (int i = 0; i < keysAndValues.length; i += 2) {
            tensor.addExternalData(entry(keysAndValues[i], keysAndValues[i + 1]));
        }
        return of(about, tensor, rule);
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    private static Case at(String location, String rule) {
        return external("location " + location.replace('\0', '0'), rule, "location", location);
    }

    private static Case offset(String offset, String rule) {
        return external("offset \"" + offset + "\"", rule, "location", "w.bin", "offset", offset);
    }

    static Stream<Case> external() {
        Stream<Case> numbers = Stream.of(
                external("offset and length", ACCEPTED, "location", "w.bin", "offset", "4", "length", "8"),
                offset("24", ACCEPTED),
                external("no offset, no length", ACCEPTED, "location", "w.bin"),
                external("length too long", "onnx.external-length", "location", "w.bin", "length", "16"),
                external("length too short", "onnx.external-length", "location", "w.bin", "length", "4"),
                external("length 0", ACCEPTED, "location", "w.bin", "length", "0"),
                external("past the end", "onnx.external-range", "location", "w.bin", "offset", "28", "length", "8"),
                offset("-4", "onnx.external-range"),
                offset("9223372036854775804", "onnx.external-range"),
                offset("18446744073709551616", "onnx.external-range"),
                offset(" 4", "onnx.external-range"),
                offset("+4", "onnx.external-range"),
                offset("0x4", "onnx.external-range"),
                offset("٤", "onnx.external-range"),
                offset("", "onnx.external-range"),
                external("an unknown key", ACCEPTED, "location", "w.bin", "evil", "1"),
                external("prepacked weights", ACCEPTED, "location", "w.bin", "prepacked_0", "k|0;8;0|"),
                external("a wrong checksum", ACCEPTED, "location", "w.bin", "checksum", "00"),
                external("two locations", "onnx.external-duplicate-key", "location", "w.bin", "location", "a..b"));
        Stream<Case> places = Stream.of(
                at("sub/w.bin", ACCEPTED),
                at("./w.bin", ACCEPTED),
                at("sub/../w.bin", ACCEPTED),
                at("sub\\w.bin", "onnx.external-escape"),
                at("a..b", ACCEPTED),
                at("/etc/passwd", "onnx.external-escape"),
                at("C:/w.bin", "onnx.external-escape"),
                at("../w.bin", "onnx.external-escape"),
                at("../../../../etc/passwd", "onnx.external-escape"),
                at("sub/../../w.bin", "onnx.external-escape"),
                at("//w.bin", "onnx.external-escape"),
                at("#x", "onnx.external-marker"),
                at("#../w.bin", "onnx.external-marker"),
                at("*/_ORT_MEM_ADDR_/*", "onnx.external-marker"),
                at("*/_ORT_MEM_LE_ADDR_/*", "onnx.external-marker"),
                at("w.bin\0x", "onnx.external-escape"),
                at("https://example.org/w.bin", "onnx.external-url"),
                at("model.onnx", "onnx.external-self"),
                at("sub", "onnx.external-escape"),
                at("", "onnx.external-no-location"),
                external("no keys", "onnx.external-no-location"),
                of(
                        "text outside",
                        tensor(8, 1)
                                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                                .addExternalData(entry("location", "w.bin")),
                        "onnx.external-string"),
                of(
                        "outside and inside",
                        tensor(FLOAT, 2)
                                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                                .setRawData(zeros(8))
                                .addExternalData(entry("location", "w.bin")),
                        "onnx.external-and-inline"));
        return Stream.concat(numbers, places);
    }

    @ParameterizedTest
    @MethodSource({"inline", "external"})
    void oneVerdict(Case each) throws IOException {
        for (String name : List.of("w.bin", "a..b", "sub/w.bin")) {
            Files.createDirectories(folder.resolve(name).getParent());
            Files.write(folder.resolve(name), new byte[32]);
        }
        Path file = OnnxFixtures.write(folder, each.tensor());
        List<Finding> findings = Onnx.FORMAT.validate(file, ReadOptions.defaults());
        List<Finding> faults = findings.stream()
                .filter(f -> f.severity().compareTo(Severity.ERROR) >= 0)
                .toList();
        if (each.rule().isEmpty()) {
            assertEquals(List.of(), faults);
        } else {
            assertEquals(
                    List.of(each.rule()), faults.stream().map(Finding::rule).toList());
        }
        if (each.rule().isEmpty() || each.onlyChecked()) {
            try (OnnxFile model = Onnx.open(file)) {
                assertEquals(1, model.tensors().size());
                OnnxFixtures.digest(model.tensors().get(0));
            }
        } else {
            var refused = assertThrows(ModelFormatException.class, () -> Onnx.open(file));
            assertEquals(each.rule(), refused.rule());
            assertTrue(String.valueOf(refused.getMessage()).contains("model.onnx"), refused.toString());
        }
    }

    @ParameterizedTest
    @MethodSource("elements")
    void elementsAreTruncatedAsByAllReaders(TensorProto tensor, String expected) throws IOException {
        try (OnnxFile model = Onnx.open(OnnxFixtures.write(folder, tensor))) {
            byte[] bytes = new byte[(int) model.tensor("t").byteSize()];
            model.tensor("t").readInto(0, MemorySegment.ofArray(bytes));
            assertEquals(expected, HexFormat.of().formatHex(bytes));
        }
    }

    static Stream<Object[]> elements() {
        return Stream.of(
                new Object[] {tensor(3, 2).addInt32Data(300).addInt32Data(-1).build(), "2cff"},
                new Object[] {
                    tensor(22, 5)
                            .addInt32Data(225)
                            .addInt32Data(195)
                            .addInt32Data(5)
                            .build(),
                    "e1c305"
                },
                new Object[] {
                    tensor(10, 2).addInt32Data(15360).addInt32Data(65535).build(), "003cffff"
                },
                new Object[] {
                    tensor(FLOAT, 1).setRawData(zeros(4)).addFloatData(2).build(), "00000000"
                });
    }
}
