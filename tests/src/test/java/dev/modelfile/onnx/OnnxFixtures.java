package dev.modelfile.onnx;

import dev.modelfile.Tensor;
import dev.modelfile.onnx.proto.GraphProto;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.OperatorSetIdProto;
import dev.modelfile.onnx.proto.TensorProto;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// The models that the onnx package has made, and models made here.
final class OnnxFixtures {
    static final Path FOLDER = Path.of("src/test/resources/fixtures/onnx");
    static final List<String> FILES =
            List.of("types-raw.onnx", "types-typed.onnx", "types-external.onnx", "sites.onnx", "net.onnx");

    private OnnxFixtures() {}

    static Path path(String name) {
        return FOLDER.resolve(name);
    }

    static JsonNode oracle(String name) {
        return new ObjectMapper()
                .readTree(FOLDER.resolve("onnx.json"))
                .get("models")
                .get(name);
    }

    static String digest(Tensor tensor) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return digest(tensor.toSegment(arena).toArray(ValueLayout.JAVA_BYTE));
        }
    }

    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }

    static List<String> digests(OnnxFile model) throws IOException {
        List<String> all = new ArrayList<>();
        for (Tensor tensor : model.tensors()) {
            all.add(tensor.name() + " " + tensor.dtype().name() + " " + tensor.shape() + " " + digest(tensor));
        }
        return all;
    }

    static ModelProto.Builder model(TensorProto... initializers) {
        return ModelProto.newBuilder()
                .setIrVersion(10)
                .setGraph(GraphProto.newBuilder().setName("g").addAllInitializer(List.of(initializers)))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(21));
    }

    static Path write(Path folder, byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.onnx"), bytes);
    }

    static Path write(Path folder, TensorProto... initializers) throws IOException {
        return write(folder, model(initializers).build().toByteArray());
    }
}
