package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.onnx.proto.GraphProto;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.TensorProto;
import dev.modelfile.onnx.wire.WireBytes;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same bytes mean the same to protobuf's own parser and to the index.
final class OnnxWireTest {
    private static final byte[] RAW = {0, 0, 0, 64};

    @TempDir
    Path folder;

    private static WireBytes tensor() {
        return new WireBytes().integer(1, 1).integer(2, 1).text(8, "t").bytes(9, RAW);
    }

    private static WireBytes model(WireBytes graph) {
        return new WireBytes().integer(1, 10).message(7, graph);
    }

    private OnnxFile open(WireBytes bytes) throws IOException {
        return Onnx.open(OnnxFixtures.write(folder, bytes.toByteArray()));
    }

    @Test
    void aMessageThatIsThereTwiceIsMerged() throws IOException {
        WireBytes twice = model(new WireBytes().message(5, tensor()))
                .message(
                        7,
                        new WireBytes()
                                .message(
                                        5,
                                        new WireBytes()
                                                .raw(tensor().toByteArray())
                                                .text(8, "u")));
        try (OnnxFile model = open(twice)) {
            assertEquals(List.of("t", "u"), model.tensors().names());
        }
    }

    @Test
    void ofASingleFieldTheLastOneCounts() throws IOException {
        WireBytes twice = tensor().bytes(9, new byte[] {1, 2, 3, 4}).integer(2, 6);
        try (OnnxFile model = open(model(new WireBytes().message(5, twice)))) {
            assertEquals("I32", model.tensor("t").dtype().name());
            assertArrayEquals(
                    new byte[] {1, 2, 3, 4},
                    model.tensor("t").toSegment(Arena.ofAuto()).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Test
    void numbersMayBePackedOrNot() throws IOException {
        WireBytes mixed = new WireBytes()
                .integer(1, 2)
                .bytes(1, new WireBytes().varint(3).varint(1).toByteArray())
                .integer(2, 6)
                .integer(5, 7)
                .text(8, "t")
                .bytes(5, new WireBytes().varint(8).varint(9).varint(300).toByteArray())
                .integer(5, -1)
                .integer(5, 1L << 40 | 5);
        try (OnnxFile model = open(model(new WireBytes().message(5, mixed)))) {
            assertEquals("[2, 3, 1]", model.tensor("t").shape().toString());
            assertArrayEquals(
                    new int[] {7, 8, 9, 300, -1, 5},
                    model.tensor("t").toSegment(Arena.ofAuto()).toArray(ValueLayout.JAVA_INT));
        }
    }

    @Test
    void unknownFieldsAndGroupsAreSkippedAndKept() throws IOException {
        WireBytes odd = tensor().tag(200, 3)
                .tag(3, 3)
                .integer(4, 1)
                .tag(3, 4)
                .text(9, "x")
                .tag(200, 4);
        WireBytes all =
                model(new WireBytes().message(5, odd)).text(4000, "hidden").integer(9, 3);
        Path file = OnnxFixtures.write(folder, all.toByteArray());
        try (OnnxFile model = Onnx.open(file)) {
            assertEquals(List.of("t"), model.tensors().names());
            OnnxEdit.of(model).write(folder.resolve("copy.onnx"));
        }
        assertArrayEquals(all.toByteArray(), Files.readAllBytes(folder.resolve("copy.onnx")));
    }

    @Test
    void aNumberThatIsTooWideIsCut() throws IOException {
        try (OnnxFile model = open(model(new WireBytes().message(5, tensor().integer(2, (1L << 32) + 6))))) {
            assertEquals("I32", model.tensor("t").dtype().name());
        }
    }

    @Test
    void brokenEncodingsAreRefused() throws IOException {
        byte[] good = model(new WireBytes().message(5, tensor())).toByteArray();
        for (byte[] tail : List.of(
                new byte[] {0},
                new byte[] {1},
                new byte[] {(byte) 0x80},
                new byte[] {14},
                new byte[] {15},
                new byte[] {12},
                new byte[] {(byte) 0x9B, 1},
                new byte[] {58, 1},
                new byte[] {8, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1})) {
            byte[] bytes = new WireBytes().raw(good).raw(tail).toByteArray();
            assertThrows(InvalidProtocolBufferException.class, () -> ModelProto.parseFrom(bytes));
            Path file = OnnxFixtures.write(folder, bytes);
            var refused = assertThrows(ModelFormatException.class, () -> Onnx.open(file));
            assertTrue(refused.rule().startsWith("onnx.wire-"), refused.rule());
        }
    }

    /// Mutates real models: never anything but our exceptions, and where protobuf refuses the encoding of something
    /// that
    /// is looked at, so do we; where both read a model, both see the same initializers.
    @Test
    void mutationsGiveTheSameAsProtobufOrOurExceptions() throws IOException {
        Random random = new Random(20260101);
        int both = 0;
        int refused = 0;
        for (int i = 0; i < 2500; i++) {
            byte[] bytes = Files.readAllBytes(OnnxFixtures.path(i % 3 == 0 ? "types-typed.onnx" : "sites.onnx"));
            for (int k = random.nextInt(3); k >= 0; k--) {
                bytes[random.nextInt(bytes.length)] =
                        (byte) (random.nextBoolean() ? random.nextInt(256) : 1 << random.nextInt(8));
            }
            Path file = OnnxFixtures.write(folder, bytes);
            Onnx.FORMAT.validate(file, ReadOptions.defaults());
            try (OnnxFile model = Onnx.open(file)) {
                for (Tensor tensor : model.tensors()) {
                    OnnxFixtures.digest(tensor);
                }
                model.operatorCounts();
                model.inputs();
                List<String> ours =
                        model.initializers().stream().map(Tensor::name).toList();
                model.graph();
                ModelProto theirs = ModelProto.parseFrom(bytes);
                assertEquals(
                        names(theirs.getGraph()),
                        ours.stream().map(n -> n.replaceAll("#\\d+$", "")).toList());
                both++;
            } catch (ModelFormatException ours) {
                refused++;
            } catch (InvalidProtocolBufferException theirs) {
                throw new AssertionError("protobuf refuses what the index reads, seed step " + i, theirs);
            }
        }
        assertTrue(both > 500 && refused > 500, both + " read, " + refused + " refused");
    }

    private static List<String> names(GraphProto graph) {
        List<String> names = new ArrayList<>();
        for (TensorProto tensor : graph.getInitializerList()) {
            names.add(tensor.getName());
        }
        return names;
    }

    @Test
    void everyCutIsRefusedOrHarmless() throws IOException {
        byte[] bytes = Files.readAllBytes(OnnxFixtures.path("sites.onnx"));
        for (int length = 0; length < bytes.length; length++) {
            Path file = OnnxFixtures.write(folder, Arrays.copyOf(bytes, length));
            try (OnnxFile model = Onnx.open(file)) {
                model.operatorCounts();
            } catch (ModelFormatException cut) {
                assertTrue(String.valueOf(cut.getMessage()).startsWith(file.toString()));
            }
        }
    }
}
