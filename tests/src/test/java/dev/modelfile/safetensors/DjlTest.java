package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.util.passthrough.PassthroughNDManager;
import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Another Java program reads what is written here, and the other way round: the codec of the Deep Java Library.
final class DjlTest {
    private static final NDManager MANAGER = PassthroughNDManager.INSTANCE;

    /// The types that its codec knows, by their name there.
    private static final Map<ScalarType, DataType> TYPES = new LinkedHashMap<>();

    static {
        TYPES.put(ScalarType.F64, DataType.FLOAT64);
        TYPES.put(ScalarType.F32, DataType.FLOAT32);
        TYPES.put(ScalarType.F16, DataType.FLOAT16);
        TYPES.put(ScalarType.BF16, DataType.BFLOAT16);
        TYPES.put(ScalarType.I64, DataType.INT64);
        TYPES.put(ScalarType.I32, DataType.INT32);
        TYPES.put(ScalarType.I8, DataType.INT8);
        TYPES.put(ScalarType.U8, DataType.UINT8);
        TYPES.put(ScalarType.BOOL, DataType.BOOLEAN);
    }

    private static byte[] random(ScalarType type, long elements) {
        byte[] bytes = new byte[Math.toIntExact(type.byteSize(elements))];
        new Random(type.ordinal()).nextBytes(bytes);
        if (type == ScalarType.BOOL) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] &= 1;
            }
        }
        return bytes;
    }

    @Test
    void readsWhatWeWrite(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("ours.safetensors");
        ModelWriter writer = Safetensors.writer().metadata("format", "pt");
        for (ScalarType type : TYPES.keySet()) {
            writer.add(
                    TensorSource.of("tensor." + type, type, Shape.of(3, 4), MemorySegment.ofArray(random(type, 12))));
        }
        writer.write(file);
        try (InputStream in = Files.newInputStream(file)) {
            NDList list = NDList.decode(MANAGER, in);
            assertEquals(TYPES.size(), list.size());
            for (Map.Entry<ScalarType, DataType> type : TYPES.entrySet()) {
                NDArray array = list.get("tensor." + type.getKey());
                assertEquals(type.getValue(), array.getDataType());
                assertEquals(new ai.djl.ndarray.types.Shape(3, 4), array.getShape());
                ByteBuffer bytes = array.toByteBuffer();
                byte[] found = new byte[bytes.remaining()];
                bytes.get(found);
                assertArrayEquals(random(type.getKey(), 12), found, type::toString);
            }
        }
    }

    @Test
    void weReadWhatItWrites(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("theirs.safetensors");
        NDList list = new NDList();
        for (Map.Entry<ScalarType, DataType> type : TYPES.entrySet()) {
            ByteBuffer bytes = ByteBuffer.wrap(random(type.getKey(), 10)).order(ByteOrder.LITTLE_ENDIAN);
            NDArray array = MANAGER.create(bytes, new ai.djl.ndarray.types.Shape(5, 2), type.getValue());
            array.setName("tensor." + type.getKey());
            list.add(array);
        }
        try (OutputStream out = Files.newOutputStream(file)) {
            list.encode(out, NDList.Encoding.SAFETENSORS);
        }
        try (SafetensorsFile model = Safetensors.open(file);
                Arena arena = Arena.ofConfined()) {
            assertEquals(TYPES.size(), model.tensors().size());
            for (ScalarType type : TYPES.keySet()) {
                Tensor tensor = model.tensor("tensor." + type);
                assertEquals(type, tensor.dtype());
                assertEquals(Shape.of(5, 2), tensor.shape());
                assertArrayEquals(random(type, 10), tensor.toSegment(arena).toArray(ValueLayout.JAVA_BYTE), type::name);
            }
        }
    }
}
