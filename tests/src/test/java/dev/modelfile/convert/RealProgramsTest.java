package dev.modelfile.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.util.passthrough.PassthroughNDManager;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.modelfile.Conversion;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.contract.Python;
import dev.modelfile.onnx.ExternalLayout;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.onnx.OnnxEdit;
import dev.modelfile.onnx.OnnxFile;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// The programs that people use load what conversions write, from every format into every format, and find the same
/// bytes in it.
final class RealProgramsTest {
    private static final List<ModelFormat> FORMATS = ModelFormats.installed().all();
    private static final Path NETWORK = Fixtures.path("onnx/net.onnx");
    /// What all four formats can hold.
    private static final List<ScalarType> TYPES = List.of(
            ScalarType.F64,
            ScalarType.F32,
            ScalarType.F16,
            ScalarType.BF16,
            ScalarType.I64,
            ScalarType.I32,
            ScalarType.I16,
            ScalarType.I8);
    /// Prints a line for each tensor of each file, whatever the format: name, shape, digest.
    private static final String LOAD = """
            import hashlib, sys, gguf, onnx, torch
            from onnx import numpy_helper
            from safetensors.torch import load_file

            def torch_items(tensors):
                for name, t in tensors.items():
                    yield name, list(t.shape), t.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()

            def onnx_items(path):
                for t in onnx.load(path).graph.initializer:
                    yield t.name, list(t.dims), numpy_helper.to_array(t).tobytes()

            def gguf_items(path):
                for t in gguf.GGUFReader(path).tensors:
                    yield t.name, [int(d) for d in reversed(t.shape)], t.data.tobytes()

            LOADERS = {
                "safetensors": lambda path: torch_items(load_file(path)),
                "checkpoint": lambda path: torch_items(torch.load(path, weights_only=True)),
                "onnx": onnx_items,
                "gguf": gguf_items,
            }
            for argument in sys.argv[1:]:
                kind, path = argument.split("=", 1)
                for name, shape, data in LOADERS[kind](path):
                    print(path, name, shape, hashlib.sha256(data).hexdigest(), sep="|")
            """;

    @TempDir
    private Path folder;

    private Path original = Path.of("");

    @BeforeEach
    void makeOriginal() throws IOException {
        original = folder.resolve("original.safetensors");
        ModelWriter writer = Safetensors.writer();
        for (ScalarType type : TYPES) {
            Shape shape = Shape.of(2, 3, 32);
            byte[] bytes = new byte[Math.toIntExact(type.byteSize(shape))];
            new Random(type.ordinal()).nextBytes(bytes);
            writer.add(TensorSource.of("layer." + type, type, shape, MemorySegment.ofArray(bytes)));
        }
        writer.write(original);
    }

    /// The original in a format, and from there in another one.
    private Path converted(ModelFormat from, ModelFormat to) throws IOException {
        Path middle = folder.resolve("from-" + from.name());
        Path target = folder.resolve("from-" + from.name() + "-to-" + to.name());
        WriteOptions options = WriteOptions.defaults().withOverwrite(true).withSync(false);
        Conversion.from(original).writing(options).write(middle, from);
        Conversion.from(middle).writing(options).write(target, to);
        return target;
    }

    /// What the program should find.
    private TreeSet<String> expected(String file) throws IOException {
        TreeSet<String> lines = new TreeSet<>();
        try (ModelFile model = ModelFile.open(original)) {
            for (Tensor tensor : model.tensors()) {
                lines.add(String.join("|", file, tensor.name(), tensor.shape().toString(), tensor.sha256()));
            }
        }
        assertEquals(TYPES.size(), lines.size());
        return lines;
    }

    @Test
    void pythonFindsTheSameBytes() throws Exception {
        Python.needs("torch", "safetensors", "gguf", "onnx");
        List<String> files = new ArrayList<>();
        TreeSet<String> expected = new TreeSet<>();
        for (ModelFormat from : FORMATS) {
            for (ModelFormat to : FORMATS) {
                Path file = converted(from, to);
                files.add(to.name() + "=" + file);
                expected.addAll(expected(file.toString()));
            }
        }
        String found = Python.run(LOAD, files.toArray(String[]::new));
        assertEquals(
                String.join("\n", expected),
                String.join("\n", new TreeSet<>(found.lines().toList())));
    }

    @TestFactory
    Stream<DynamicTest> deepJavaLibraryFindsTheSameBytes() {
        return FORMATS.stream()
                .map(from -> dynamicTest("from " + from.name(), () -> {
                    Path file = converted(from, Safetensors.FORMAT);
                    Path known = folder.resolve("known.safetensors");
                    // Its codec has no 16-bit integers.
                    Conversion.from(file)
                            .select(tensor -> tensor.dtype() != ScalarType.I16)
                            .write(known, Safetensors.FORMAT);
                    TreeSet<String> found = new TreeSet<>();
                    try (InputStream in = Files.newInputStream(known)) {
                        for (NDArray array : NDList.decode(PassthroughNDManager.INSTANCE, in)) {
                            ByteBuffer bytes = array.toByteBuffer();
                            byte[] all = new byte[bytes.remaining()];
                            bytes.get(all);
                            String shape = Arrays.toString(array.getShape().getShape());
                            byte[] digest = MessageDigest.getInstance("SHA-256").digest(all);
                            found.add(String.join(
                                    "|",
                                    "",
                                    array.getName(),
                                    shape,
                                    HexFormat.of().formatHex(digest)));
                        }
                    }
                    Files.delete(known);
                    TreeSet<String> expected = expected("");
                    assertTrue(expected.removeIf(line -> line.contains(".I16|")));
                    assertEquals(expected, found);
                }));
    }

    /// Weights leave a network for another format, and come back into a copy that has none: it computes what it did.
    @TestFactory
    Stream<DynamicTest> onnxRuntimeComputesTheSame() {
        return FORMATS.stream()
                .filter(through -> through != Onnx.FORMAT)
                .map(through -> dynamicTest("through " + through.name(), () -> {
                    Path weights = folder.resolve("weights." + through.name());
                    Path stripped = folder.resolve("stripped." + through.name() + ".onnx");
                    Path whole = folder.resolve("whole." + through.name() + ".onnx");
                    Conversion.from(NETWORK).write(weights, through);
                    try (OnnxFile model = Onnx.open(NETWORK)) {
                        OnnxEdit.of(model)
                                .strip(ExternalLayout.defaults().withThreshold(100))
                                .write(stripped);
                    }
                    assertThrows(OrtException.class, () -> run(stripped));
                    try (OnnxFile model = Onnx.open(stripped);
                            ModelFile source = ModelFile.open(weights)) {
                        OnnxEdit.of(model).replaceAll(source.tensors()).write(whole);
                    }
                    assertArrayEquals(run(NETWORK), run(whole));
                }));
    }

    private static float[][] run(Path model) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        float[][] x = new float[3][8];
        for (int i = 0; i < 24; i++) {
            x[i / 8][i % 8] = (i * 7 % 11 - 5) * 0.3f;
        }
        try (OrtSession session = environment.createSession(model.toString());
                OnnxTensor input = OnnxTensor.createTensor(environment, x);
                OnnxTensor flag = OnnxTensor.createTensor(environment, true);
                OrtSession.Result result = session.run(Map.of("x", input, "flag", flag))) {
            float[][] y = (float[][]) result.get(0).getValue();
            assertTrue(y[0][0] != 0);
            return y;
        }
    }
}
