package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelWriter;
import dev.modelfile.OpaqueType;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.UnfitTensorsException;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.Python;
import dev.modelfile.safetensors.Safetensors;
import dev.modelfile.scan.ModelScanner;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files written here are read back, by this library, by the JDK's zip reader, and by torch itself where it is found.
final class CheckpointWriterTest {
    private static final List<DType> TYPES = types();

    @TempDir
    private Path folder;

    private static List<DType> types() {
        List<DType> types = new ArrayList<>();
        for (ScalarType type : ScalarType.values()) {
            if (Checkpoints.FORMAT.canStore(type)) {
                types.add(type);
            }
        }
        types.add(new OpaqueType("complex32"));
        return types;
    }

    private static Metadata metadata() {
        Map<String, Value> entries = new LinkedHashMap<>();
        entries.put("epoch", Value.of(3L));
        entries.put("lr", Value.of(0.25));
        entries.put("name", Value.of("h\u00e9 \ud83d\ude00"));
        entries.put("flag", Value.of(true));
        entries.put("nothing", new Value.None());
        entries.put("negative", Value.of(-70_000L));
        entries.put("far", Value.of(1L << 40));
        entries.put("list", Value.array(List.of(Value.of(1L), Value.of(2L))));
        entries.put("unsigned", Value.u64(-1));
        entries.put("bytes", Value.array(List.of(new Value.Int(Value.Type.U8, 0), new Value.Int(Value.Type.U8, 255))));
        entries.put("mixed", Value.array(List.of(Value.of("a"), Value.of(1L), new Value.None())));
        entries.put("flags", Value.array(List.of(Value.of(true), Value.of(false))));
        entries.put("none of it", Value.array(List.of()));
        LinkedHashMap<String, Value> inner = new LinkedHashMap<>();
        inner.put("lr", Value.of(1e-300));
        inner.put("deep.er", Value.array(List.of(Value.array(List.of(Value.of("x"))), Value.array(List.of()))));
        inner.put("table", new Value.Table(new LinkedHashMap<>()));
        inner.put("raw", Value.array(List.of(new Value.Int(Value.Type.U8, 7))));
        entries.put("table", new Value.Table(inner));
        return Metadata.of(entries);
    }

    private static int unit(DType type) {
        return type instanceof ScalarType scalar ? Math.max(1, scalar.bits() / 8) : 4;
    }

    private static ModelWriter everything() {
        ModelWriter writer = Checkpoints.writer().metadata(metadata());
        for (DType type : TYPES) {
            byte[] bytes = new byte[6 * unit(type)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (type == ScalarType.BOOL ? i % 2 : i * 7 % 61);
            }
            long columns = type == ScalarType.F4 ? 6 : 3;
            writer.add(new Tensor(
                    "t." + type.name(),
                    type,
                    Shape.of(2, columns),
                    dev.modelfile.spi.TensorData.of(MemorySegment.ofArray(bytes))));
        }
        return writer.add(TensorSource.of("scalar", Shape.of(), 7f))
                .add(TensorSource.of("empty", Shape.of(0, 5)))
                .add(TensorSource.of("deep", Shape.of(1, 2, 1, 1, 2), 1f, 2f, 3f, 4f));
    }

    @Test
    void readsBack() throws IOException {
        Path path = folder.resolve("all.pt");
        everything().write(path);
        try (CheckpointFile file = Checkpoints.open(path, ReadOptions.defaults().withWeightsOnly(true))) {
            assertEquals(TYPES.size() + 3, file.tensors().size());
            assertEquals(metadata(), file.metadata());
            assertEquals(List.of(), file.warnings());
            assertEquals(Shape.of(0, 5), file.tensor("empty").shape());
            assertEquals(Shape.of(2, 6), file.tensor("t.F4").shape());
            assertArrayEquals(new float[] {1, 2, 3, 4}, file.tensor("deep").toFloatArray());
            for (Tensor tensor : file.tensors()) {
                assertTrue(tensor.byteSize() == 0 || tensor.offset().orElseThrow() % 64 == 0, tensor.toString());
            }
        }
        assertTrue(ModelScanner.standard().scan(path).isClean());
    }

    @Test
    void typesThatPythonLacksAreWidened() throws IOException {
        Map<String, Value> entries = new LinkedHashMap<>();
        entries.put("u32", Value.u32(7));
        entries.put("f32", Value.f32(0.5f));
        entries.put("shorts", Value.array(List.of(new Value.Int(Value.Type.I16, -3))));
        entries.put("no utf-8", Value.text(new byte[] {'a', (byte) 0xFF}));
        Path path = folder.resolve("wide.pt");
        Checkpoints.writer().metadata(Metadata.of(entries)).write(path);
        Map<String, Value> wider = new LinkedHashMap<>();
        wider.put("u32", Value.of(7L));
        wider.put("f32", Value.of(0.5));
        wider.put("shorts", Value.array(List.of(Value.of(-3L))));
        wider.put(
                "no utf-8",
                Value.array(List.of(new Value.Int(Value.Type.U8, 'a'), new Value.Int(Value.Type.U8, 0xFF))));
        try (CheckpointFile file = Checkpoints.open(path)) {
            assertEquals(Metadata.of(wider), file.metadata());
        }
        // What has been widened once stays as it is.
        Path again = folder.resolve("again.pt");
        Conversion.from(path).write(again, Checkpoints.FORMAT);
        try (CheckpointFile file = Checkpoints.open(again)) {
            assertEquals(Metadata.of(wider), file.metadata());
        }
    }

    @Test
    void sameInputSameBytes() throws IOException {
        everything().write(folder.resolve("a.pt"));
        everything().write(folder.resolve("b.pt"));
        assertEquals(-1, Files.mismatch(folder.resolve("a.pt"), folder.resolve("b.pt")));
    }

    @Test
    void otherZipReadersAgree() throws IOException {
        Path path = folder.resolve("all.pt");
        everything().write(path);
        int records = 0;
        try (ZipFile zip = new ZipFile(path.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                byte[] content = zip.getInputStream(entry).readAllBytes();
                java.util.zip.CRC32 crc = new java.util.zip.CRC32();
                crc.update(content);
                assertEquals(entry.getCrc(), crc.getValue(), entry.getName());
                records++;
            }
        }
        assertEquals(TYPES.size() + 3 + 3, records);
    }

    @Test
    void sharedBytesAreWrittenOnce() throws IOException {
        Path path = folder.resolve("shared.pt");
        Conversion.from(Samples.PICKLES.resolve("views.pt")).write(path, Checkpoints.FORMAT);
        try (CheckpointFile old = Checkpoints.open(Samples.PICKLES.resolve("views.pt"));
                CheckpointFile file = Checkpoints.open(path)) {
            for (Tensor tensor : old.tensors()) {
                assertEquals(tensor.sha256(), file.tensor(tensor.name()).sha256(), tensor.name());
            }
            assertEquals(file.tensor("base").offset(), file.tensor("same").offset());
            assertEquals(
                    file.tensor("base").offset().orElseThrow() + 23 * 4,
                    file.tensor("last").offset().orElseThrow());
        }
    }

    private static String dropped(Conversion conversion, ModelFormat format, Path target) throws IOException {
        return conversion.writing(WriteOptions.defaults().withOverwrite(true)).write(target, format).dropped().stream()
                .filter(line -> line.startsWith("sharing"))
                .collect(Collectors.joining("\n"));
    }

    @Test
    void aKeyMayBeNamedAsATensor() throws IOException {
        Path path = folder.resolve("out.pt");
        Checkpoints.writer()
                .metadata(Metadata.of(Map.of("a", Value.of("x"))))
                .add(TensorSource.of("a", Shape.of(1), 2))
                .write(path);
        try (CheckpointFile file = Checkpoints.open(path)) {
            assertEquals("a", file.tensors().get(0).name());
            assertEquals(Value.of("x"), file.metadata().get("a"));
            assertEquals(List.of(), file.warnings());
        }
    }

    /// Longer names are not read back, so they are not written.
    @Test
    void namesHaveALimit() throws IOException {
        String longest = "n".repeat(4096);
        Path source = folder.resolve("in.safetensors");
        Path path = folder.resolve("out.pt");
        Metadata metadata = Metadata.of(Map.of(longest, Value.of("kept"), longest + "n", Value.of("dropped")));
        Safetensors.writer()
                .metadata(metadata)
                .add(TensorSource.of("t" + longest.substring(1), Shape.of(1), 2))
                .write(source);
        List<String> dropped =
                Conversion.from(source).write(path, Checkpoints.FORMAT).dropped();
        assertEquals(1, dropped.size());
        assertTrue(dropped.getFirst().contains("4096"), dropped.getFirst());
        try (CheckpointFile file = Checkpoints.open(path)) {
            assertEquals(
                    List.of("t" + longest.substring(1)),
                    file.tensors().stream().map(Tensor::name).toList());
            assertEquals(Value.of("kept"), file.metadata().get(longest));
            assertEquals(1, file.metadata().size());
        }
        Conversion longer = Conversion.from(source).rename(name -> name + "n");
        assertThrows(UnfitTensorsException.class, () -> longer.write(folder.resolve("x.pt"), Checkpoints.FORMAT));
    }

    /// Views with gaps are written densely, and what gets another type is written anew.
    @Test
    void sharingThatIsLostIsReported() throws IOException {
        Path views = Samples.PICKLES.resolve("views.pt");
        Path path = folder.resolve("out.bin");
        String gaps = dropped(Conversion.from(views), Checkpoints.FORMAT, path);
        assertTrue(gaps.contains("\"base\"") && gaps.contains("\"transposed\""), gaps);
        assertTrue(gaps.endsWith(" of them are written in full"), gaps);
        Conversion mapped = Conversion.from(views).select(tensor -> tensor.isMapped());
        assertEquals("", dropped(mapped, Checkpoints.FORMAT, path));
        String typed = dropped(mapped.type(tensor -> ScalarType.F64), Checkpoints.FORMAT, path);
        assertTrue(typed.contains("\"same\"") && typed.endsWith(": each is written in full"), typed);
        String all = dropped(Conversion.from(views), Safetensors.FORMAT, path);
        assertTrue(all.contains("\"transposed\"") && all.endsWith(": each is written in full"), all);
    }

    @Test
    void refusesWhatTorchCannotHold() {
        ModelWriter writer = Checkpoints.writer()
                .add(TensorSource.of("x", ScalarType.F6_E2M3, Shape.of(4), MemorySegment.ofArray(new byte[3])));
        var refused = assertThrows(IllegalArgumentException.class, () -> writer.plan(folder.resolve("x.pt")));
        assertTrue(refused.getMessage().contains("F6_E2M3"), refused.getMessage());
        ModelWriter opaque = Checkpoints.writer()
                .metadata(Metadata.of(Map.of("large", new Value.Opaque("int", "1208925819614629174706176"))));
        refused = assertThrows(IllegalArgumentException.class, () -> opaque.plan(folder.resolve("x.pt")));
        assertTrue(refused.getMessage().contains("\"large\""), refused.getMessage());
        var sharded = Checkpoints.writer().options(WriteOptions.defaults().withMaxShardTensors(1));
        assertThrows(IllegalArgumentException.class, () -> sharded.plan(folder.resolve("x.pt")));
    }

    @Test
    void convertsToSafetensorsAndBack() throws IOException {
        Path middle = folder.resolve("m.safetensors");
        Path back = folder.resolve("back.pt");
        Path source = Samples.FIXTURES.resolve("checkpoints/model.pt");
        Conversion.from(source).write(middle, dev.modelfile.safetensors.Safetensors.FORMAT);
        Conversion.from(middle).write(back, Checkpoints.FORMAT);
        try (CheckpointFile first = Checkpoints.open(source);
                CheckpointFile last = Checkpoints.open(back)) {
            assertEquals(first.tensors().size(), last.tensors().size());
            for (Tensor tensor : first.tensors()) {
                assertEquals(tensor.sha256(), last.tensor(tensor.name()).sha256(), tensor.name());
            }
        }
    }

    private static final String LOAD = """
            import hashlib, sys, torch
            for mapped in (False, True):
                state = torch.load(sys.argv[1], weights_only=True, mmap=mapped)
                for name, t in state.items():
                    flat = t.contiguous().reshape(-1)
                    data = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
                    print(name, list(t.shape), hashlib.sha256(data).hexdigest())
                print(sorted(state.metadata.items()))
            """;

    @Test
    void torchLoadsIt() throws IOException, InterruptedException {
        Python.needs("torch");
        Path path = folder.resolve("all.pt");
        everything().write(path);
        String output = Python.run(LOAD, path.toString());
        StringBuilder expected = new StringBuilder();
        try (CheckpointFile file = Checkpoints.open(path)) {
            for (int mapped = 0; mapped < 2; mapped++) {
                for (Tensor tensor : file.tensors()) {
                    Shape shape = tensor.dtype() == ScalarType.F4 ? Shape.of(2, 3) : tensor.shape();
                    expected.append(tensor.name() + " " + shape + " " + tensor.sha256() + "\n");
                }
                expected.append("[('bytes', b'\\x00\\xff'), ('epoch', 3), ('far', 1099511627776), ('flag', True), "
                        + "('flags', [True, False]), ('list', [1, 2]), ('lr', 0.25), ('mixed', ['a', 1, None]), "
                        + "('name', 'h\u00e9 \ud83d\ude00'), ('negative', -70000), ('none of it', []), "
                        + "('nothing', None), ('table', {'lr': 1e-300, 'deep.er': [['x'], []], 'table': {}, 'raw': b'\\x07'}), "
                        + "('unsigned', 18446744073709551615)]\n");
            }
        }
        assertEquals(expected.toString(), output);
    }
}
