package dev.modelfile.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.modelfile.DType;
import dev.modelfile.ModelFile;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.contract.ChildJvm;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.onnx.ExternalLayout;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.onnx.OnnxEdit;
import dev.modelfile.onnx.OnnxFile;
import dev.modelfile.safetensors.Safetensors;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The samples of `docs/serving.md`, run with the runtimes that they are about. The text there is the text here.
final class ServingTest {
    @TempDir
    private Path folder;

    private Path model = Path.of("");

    @BeforeEach
    void makeModel() throws IOException {
        model = folder.resolve("model.safetensors");
        Safetensors.writer()
                .add(TensorSource.of("weight", Shape.of(2, 3), 1f, 2f, 3f, 4f, 5f, 6f))
                .add(TensorSource.of("bias", Shape.of(2), 7f, 8f).as(ScalarType.F16))
                .write(model);
    }

    @Test
    void onnxRuntimeSeesTheMapping() throws Exception {
        float[] seen = onnxTensor(model);
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, seen);
    }

    private static float[] onnxTensor(Path path) throws Exception {
        float[] values = new float[6];
        // sample
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (ModelFile file = ModelFile.open(path)) {
            Tensor weight = file.tensor("weight");
            long[] shape = weight.shape().toArray();
            try (OnnxTensor input =
                    OnnxTensor.createTensor(environment, weight.asByteBuffer(), shape, OnnxJavaType.FLOAT)) {
                input.getFloatBuffer().get(values);
            }
        }
        // end
        return values;
    }

    /// ONNX Runtime takes a direct buffer as it is: what changes in the buffer changes in its tensor.
    @Test
    void onnxRuntimeDoesNotCopyDirectBuffers() throws Exception {
        try (ModelFile file = ModelFile.open(model)) {
            assertTrue(file.tensor("weight").asByteBuffer().isDirect());
        }
        ByteBuffer own = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
        try (OnnxTensor tensor = OnnxTensor.createTensor(
                OrtEnvironment.getEnvironment(), own.asReadOnlyBuffer(), new long[] {1}, OnnxJavaType.FLOAT)) {
            own.putFloat(0, 5);
            assertEquals(5, tensor.getFloatBuffer().get(0));
        }
    }

    @Test
    void onnxRuntimeRunsOnMappedWeights() throws Exception {
        Path network = folder.resolve("model.onnx");
        try (OnnxFile source = Onnx.open(Fixtures.path("onnx/net.onnx"))) {
            OnnxEdit.of(source)
                    .external(ExternalLayout.defaults().withThreshold(100))
                    .write(network);
        }
        float[][] mapped = new float[1][];
        mappedSession(network, session -> mapped[0] = run(session));
        try (OrtSession plain = OrtEnvironment.getEnvironment()
                .createSession(Fixtures.path("onnx/net.onnx").toString())) {
            assertArrayEquals(run(plain), mapped[0]);
        }
    }

    private interface Service {
        void serve(OrtSession session) throws Exception;
    }

    private static void mappedSession(Path path, Service service) throws Exception {
        // sample
        Map<DType, OnnxJavaType> types = Map.of(
                ScalarType.F32, OnnxJavaType.FLOAT,
                ScalarType.F16, OnnxJavaType.FLOAT16,
                ScalarType.BF16, OnnxJavaType.BFLOAT16,
                ScalarType.I8, OnnxJavaType.INT8,
                ScalarType.U8, OnnxJavaType.UINT8,
                ScalarType.I64, OnnxJavaType.INT64);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Map<String, OnnxTensorLike> weights = new HashMap<>();
        try (OnnxFile file = Onnx.open(path);
                OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            for (Tensor tensor : file.initializers()) {
                if (file.location(tensor.name()).isPresent()) {
                    long[] shape = tensor.shape().toArray();
                    OnnxJavaType type = types.get(tensor.dtype());
                    weights.put(
                            tensor.name(), OnnxTensor.createTensor(environment, tensor.asByteBuffer(), shape, type));
                }
            }
            options.addExternalInitializers(weights);
            try (OrtSession session = environment.createSession(path.toString(), options)) {
                service.serve(session); // until the server ends
            }
            weights.values().forEach(OnnxTensorLike::close);
        }
        // end
        assertEquals(6, weights.size());
    }

    private static float[] run(OrtSession session) throws Exception {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        float[][] x = {{1, 2, 3, 4, 5, 6, 7, 8}};
        try (OnnxTensor input = OnnxTensor.createTensor(environment, x);
                OnnxTensor flag = OnnxTensor.createTensor(environment, true);
                OrtSession.Result result = session.run(Map.of("x", input, "flag", flag))) {
            return ((float[][]) result.get(0).getValue())[0];
        }
    }

    /// In a virtual machine of its own: the engine insists on being the first to start ONNX Runtime.
    @Test
    void djlTakesTheTensors() throws Exception {
        ChildJvm.Result result = ChildJvm.run(
                Duration.ofSeconds(60), List.of("--enable-native-access=ALL-UNNAMED"), Djl.class, model.toString());
        assertEquals(0, result.exit(), result::output);
        assertTrue(result.output().endsWith("all well\n"), result::output);
    }

    /// The virtual machine with the engine.
    static final class Djl {
        private Djl() {}

        public static void main(String[] args) throws Exception {
            try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "OnnxRuntime")) {
                djlList(Path.of(args[0]), manager, arrays -> {
                    assertEquals(2, arrays.size());
                    assertArrayEquals(
                            new float[] {1, 2, 3, 4, 5, 6}, arrays.get("weight").toFloatArray());
                    assertEquals(DataType.FLOAT16, arrays.get("bias").getDataType());
                    assertEquals(
                            new ai.djl.ndarray.types.Shape(2),
                            arrays.get("bias").getShape());
                    assertTrue(sharesBuffers(manager));
                    parameters(arrays, manager);
                });
            }
            System.out.println("all well");
        }

        /// Whether what changes in a direct buffer changes in the array that was made of it.
        private static boolean sharesBuffers(NDManager manager) {
            ByteBuffer own = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
            NDArray array = manager.create(own, new ai.djl.ndarray.types.Shape(1), DataType.FLOAT32);
            own.putFloat(0, 5);
            return array.toFloatArray()[0] == 5;
        }
    }

    private interface Use {
        void of(NDList arrays) throws Exception;
    }

    private static void djlList(Path path, NDManager manager, Use model) throws Exception {
        // sample
        Map<DType, DataType> types = Map.of(
                ScalarType.F32, DataType.FLOAT32,
                ScalarType.F16, DataType.FLOAT16,
                ScalarType.I64, DataType.INT64);
        try (ModelFile file = ModelFile.open(path)) {
            NDList arrays = new NDList();
            for (Tensor tensor : file.tensors()) {
                var shape = new ai.djl.ndarray.types.Shape(tensor.shape().toArray());
                NDArray array = manager.create(tensor.asByteBuffer(), shape, types.get(tensor.dtype()));
                array.setName(tensor.name());
                arrays.add(array);
            }
            model.of(arrays);
        }
        // end
    }

    private static void parameters(NDList arrays, NDManager manager) {
        Block block = Linear.builder().setUnits(2).build();
        // sample
        block.getParameters().forEach(entry -> entry.getValue().setArray(arrays.get(entry.getKey())));
        ParameterStore store = new ParameterStore(manager, false);
        // end
        NDArray weight = store.getValue(block.getParameters().get("weight"), Device.cpu(), false);
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, weight.toFloatArray());
    }

    @Test
    void unsafeFilesAreRefused() throws IOException {
        refuse(model);
        Path bad = Files.write(folder.resolve("bad.ckpt"), "cos\nsystem\n(S'true'\ntR.".getBytes());
        var refused = assertThrows(IllegalStateException.class, () -> refuse(bad));
        assertTrue(String.valueOf(refused.getMessage()).contains("system"), refused::getMessage);
    }

    private static void refuse(Path path) throws IOException {
        // sample
        ScanReport report = ModelScanner.standard().scan(path);
        if (!report.isClean()) {
            throw new IllegalStateException(path + " is not loaded: " + report.results());
        }
        // end
    }

    @Test
    void embeddingsAreReadRowByRow() throws IOException {
        Map<Long, float[]> vectors = new HashMap<>();
        float[] one = embeddings(model, vectors, 1);
        assertArrayEquals(new float[] {4, 5, 6}, one);
        assertEquals(2, vectors.size());
        assertArrayEquals(new float[] {1, 2, 3}, vectors.get(0L));
    }

    private static float[] embeddings(Path path, Map<Long, float[]> vectors, long token) throws IOException {
        float[] vector;
        // sample
        try (ModelFile file = ModelFile.open(path)) {
            Tensor embeddings = file.tensor("weight");
            embeddings.forEachRow((index, row) -> vectors.put(index, row.clone()));
            int width = (int) embeddings.shape().rowElements();
            vector = new float[width];
            embeddings.readInto(token * width, vector, 0, width);
            FloatBuffer batch = ByteBuffer.allocateDirect(2 * 4 * width)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
            embeddings.readInto(0, batch);
        }
        // end
        return vector;
    }

    /// The document has nothing but what was run here.
    @Test
    void theDocumentShowsThis() throws IOException {
        String source = squeezed(Files.readString(Path.of("src/test/java/dev/modelfile/serving/ServingTest.java")));
        String document = Files.readString(Path.of("../docs/serving.md"));
        List<String> samples = Pattern.compile("(?ms)^```java run\\n(.*?)^```")
                .matcher(document)
                .results()
                .map(found -> found.group(1))
                .toList();
        assertEquals(6, samples.size());
        for (String sample : samples) {
            assertTrue(source.contains("//sample" + squeezed(sample) + "//end"), sample);
        }
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s", "");
    }
}
