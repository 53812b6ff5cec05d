package dev.modelfile.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.MalformedModelException;
import dev.modelfile.Metadata;
import dev.modelfile.ModelEdit;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadLimits;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.Tensors;
import dev.modelfile.UnsupportedModelException;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.io.Region;
import dev.modelfile.safetensors.Safetensors;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.TensorData;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Shapes, tensor lists, metadata, regions and plans at their edges.
final class ModelTypesTest {
    private static Tensor named(String name) {
        return new Tensor(name, ScalarType.U8, Shape.of(0), TensorData.of(MemorySegment.ofArray(new byte[0])));
    }

    @Test
    void shapesCountExactly() {
        assertEquals(1, Shape.of().elements());
        assertEquals(0, Shape.of(0, Long.MAX_VALUE).elements());
        assertEquals(Long.MAX_VALUE, Shape.of(Long.MAX_VALUE, 1).elements());
        assertThrows(ArithmeticException.class, () -> Shape.of(1L << 32, 1L << 31));
        assertThrows(IllegalArgumentException.class, () -> Shape.of(2, -1));
        assertEquals(0, Shape.ofUnsigned(1L << 62, 2, 0).elements());
        assertEquals("[0, 18446744073709551615]", Shape.ofUnsigned(0, -1).toString());
        assertThrows(ArithmeticException.class, () -> Shape.ofUnsigned(1, -1));
        long[] dims = {2, 3};
        Shape shape = Shape.of(dims);
        dims[0] = 9;
        shape.toArray()[1] = 9;
        assertEquals(Shape.of(2, 3), shape);
        assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
        assertNotEquals(Shape.of(3, 2), shape);
    }

    @Test
    void sizesOfSubByteTypesRoundUp() {
        assertEquals(0, ScalarType.I4.byteSize(0));
        assertEquals(1, ScalarType.I4.byteSize(1));
        assertEquals(2, ScalarType.F6_E2M3.byteSize(2));
        assertEquals(3, ScalarType.F6_E2M3.byteSize(4));
        assertEquals(1, ScalarType.U2.byteSize(4));
        assertEquals((Long.MAX_VALUE / 8) * 4 + 4, ScalarType.F4.byteSize(Long.MAX_VALUE));
        assertThrows(ArithmeticException.class, () -> ScalarType.F64.byteSize(Long.MAX_VALUE / 7));
        for (ScalarType type : ScalarType.values()) {
            assertEquals(type.bits() * type.blockElements(), 8 * type.blockBytes());
            assertEquals(
                    type,
                    ScalarType.named(type.name().toLowerCase(java.util.Locale.ROOT))
                            .orElseThrow());
        }
    }

    @Test
    void tensorsAreFoundByName() {
        List<Tensor> many = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            many.add(named("layer." + i + ".weight"));
        }
        many.add(named("layer.17.weight"));
        Tensors tensors = Tensors.of(many);
        for (int i = 0; i < 5000; i++) {
            assertTrue(many.get(i) == tensors.get("layer." + i + ".weight"), "the first of a name is found");
        }
        assertEquals("layer.17.weight", tensors.duplicate());
        assertEquals(5001, tensors.size());
        var missing = assertThrows(NoSuchElementException.class, () -> tensors.get("layer.42.wieght"));
        assertTrue(String.valueOf(missing.getMessage()).contains("layer.42.weight"), missing::getMessage);
        assertTrue(Tensors.of(List.of()).find("").isEmpty());
    }

    /// Strings of two blocks that collide under `31 h + c`, and under any other multiplier.
    @Test
    void collidingNamesStayFast() {
        StringBuilder morse = new StringBuilder();
        for (int i = 0; i < 2048; i++) {
            morse.append(Integer.bitCount(i) % 2 == 0 ? 'a' : 'b');
        }
        String zero = morse.toString();
        String one = zero.replace('a', 'x').replace('b', 'a').replace('x', 'b');
        List<Tensor> many = new ArrayList<>();
        for (int i = 0; i < 1 << 10; i++) {
            StringBuilder name = new StringBuilder();
            for (int b = 0; b < 10; b++) {
                name.append((i >>> b & 1) == 0 ? zero : one);
            }
            many.add(named(name.toString()));
        }
        assertEquals(
                many.get(0).name().hashCode(), many.get(1).name().hashCode(), "the names collide in String.hashCode");
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            Tensors tensors = Tensors.of(many);
            for (Tensor tensor : many) {
                assertEquals(tensor, tensors.get(tensor.name()));
            }
        });
    }

    @Test
    void metadataRemembersTypes() {
        Metadata metadata = Metadata.of(Map.of("count", Value.u32(7)));
        assertEquals(Value.u32(7), metadata.get("count"));
        assertNotEquals(Metadata.of(Map.of("count", Value.of(7))), metadata);
        assertThrows(IllegalArgumentException.class, () -> Value.u32(-1));
        assertThrows(IllegalArgumentException.class, () -> Value.u32(1L << 32));
        assertEquals("18446744073709551615", Value.u64(-1).toString());
        assertEquals(
                Metadata.of(Map.of("a", Value.strings(List.of("x", "y")))),
                Metadata.of(Map.of("a", Value.array(List.of(Value.of("x"), Value.of("y"))))));
        var missing = assertThrows(NoSuchElementException.class, () -> metadata.get("cuont"));
        assertTrue(String.valueOf(missing.getMessage()).contains("count"), missing::getMessage);
        assertEquals(Metadata.empty(), metadata.without("count"));
    }

    @Test
    void editsKeepPlaces() {
        Metadata before = Metadata.empty()
                .with("a", Value.of("1"))
                .with("b", Value.of("2"))
                .with("c", Value.of("3"));
        ModelEdit edit = ModelEdit.create()
                .renameKey("b", "bb")
                .remove("a")
                .set("d", "4")
                .set("c", "33");
        assertEquals(List.of("bb", "c", "d"), List.copyOf(edit.apply(before).keys()));
        assertEquals("33", edit.apply(before).getString("c"));
        assertThrows(
                NoSuchElementException.class,
                () -> ModelEdit.create().remove("zz").apply(before));
        assertThrows(
                IllegalArgumentException.class,
                () -> ModelEdit.create().renameKey("a", "b").apply(before));
    }

    @Test
    void regionsNameThePlace() throws MalformedModelException {
        Region file = Region.of(MemorySegment.ofArray(new byte[10]), "some.file");
        Region part = file.slice("header", 4, 6).slice("count", 2, 4);
        assertEquals(6, part.base());
        assertEquals(0, part.i32(0));
        var error = assertThrows(MalformedModelException.class, () -> part.i64(0));
        assertEquals(6, error.offset());
        assertEquals("some.file › header › count @ 0x6: 8 bytes needed vs 4 available", error.getMessage());
        for (long offset : new long[] {-1, 11, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThrows(MalformedModelException.class, () -> file.u8(offset));
            assertThrows(MalformedModelException.class, () -> file.slice("x", offset, 1));
            assertThrows(MalformedModelException.class, () -> file.slice("x", 1, offset));
        }
    }

    @Test
    void plansRefuseNonsense() {
        WritePlan.Section section = WritePlan.Section.of(4, MemorySegment.ofArray(new byte[4]));
        assertThrows(IllegalArgumentException.class, () -> new WritePlan.File("a", 7, List.of(section)));
        assertThrows(IllegalArgumentException.class, () -> new WritePlan.File("a", 9, List.of(section, section)));
        for (String name : List.of("", "a/b", "a\\b")) {
            assertThrows(IllegalArgumentException.class, () -> new WritePlan.File(name, 9, List.of(section)));
        }
        WritePlan.File once = new WritePlan.File("a", 8, List.of(section));
        assertThrows(IllegalArgumentException.class, () -> new WritePlan(List.of(once, once)));
        assertThrows(
                IllegalArgumentException.class, () -> WriteOptions.defaults().withAlignment(48));
        assertThrows(IllegalArgumentException.class, () -> ReadLimits.defaults().withMaxRank(-1));
    }

    @Test
    void hostileTextIsPrintedHarmlessly() {
        assertEquals("plain näme", Printable.of("plain näme"));
        assertEquals("\\u{1b}[31m\\u{a}\\u{202e}\\u{d800}", Printable.of("\u001b[31m\n\u202e\ud800"));
        assertTrue(Printable.of("😀".repeat(1000)).length() <= 82);
        assertFalse(
                Printable.of("x".repeat(79) + "😀".repeat(9)).codePoints().anyMatch(c -> c < 0xE000 && c >= 0xD800));
    }

    @Test
    void otherThingsAreCalledByTheirName(@TempDir Path folder) throws IOException {
        Map<String, String> things = Map.of(
                "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS",
                "<!DOCTYPE html><html>", "HTML",
                "PK\003\004zip", "zip",
                "\u001f\u008bgzip", "gzip",
                "", "empty");
        for (Map.Entry<String, String> thing : things.entrySet()) {
            Path file = folder.resolve("thing.safetensors");
            Files.write(file, thing.getKey().getBytes(StandardCharsets.ISO_8859_1));
            var error = assertThrows(UnsupportedModelException.class, () -> ModelFile.open(file));
            assertTrue(String.valueOf(error.getMessage()).contains(thing.getValue()), error::getMessage);
        }
    }

    @Test
    void scansCallOtherThingsByTheirName(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("page.safetensors"), "<!DOCTYPE html><html>");
        for (Path path : List.of(file, folder)) {
            var result = ModelScanner.standard().scan(path).results().getFirst();
            assertEquals("format.unknown", result.findings().getFirst().rule());
            assertTrue(result.findings().getFirst().message().contains("HTML"), result::toString);
            assertEquals(ScanReport.Verdict.FAILED, result.verdict());
        }
    }

    @Test
    void textIsNeverChangedSilently() {
        assertEquals("a😀é", Value.of("a😀é").toString());
        assertEquals("", Value.of("").toString());
        assertThrows(IllegalArgumentException.class, () -> Value.of("a\ud800"));
        assertThrows(IllegalArgumentException.class, () -> Value.strings(List.of("\udc00")));
    }

    /// Opening a pipe waits for a writer, and renaming onto one removes it: neither must happen.
    @Test
    void pipesAreNotOpenedNorReplaced(@TempDir Path folder) throws Exception {
        Path pipe = folder.resolve("pipe");
        Process made;
        try {
            made = new ProcessBuilder("mkfifo", pipe.toString()).start();
        } catch (IOException none) {
            Assumptions.abort("needs mkfifo");
            return;
        }
        Assumptions.assumeTrue(made.waitFor() == 0, "needs mkfifo");
        assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> assertThrows(IOException.class, () -> ModelFile.open(pipe)));
        ModelWriter writer =
                Safetensors.writer().options(WriteOptions.defaults().withOverwrite(true));
        assertThrows(IOException.class, () -> writer.write(pipe));
        assertFalse(Files.isRegularFile(pipe));
    }
}
