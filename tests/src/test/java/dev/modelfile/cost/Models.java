package dev.modelfile.cost;

import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.checkpoint.Checkpoints;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// Models that only have a number of tensors of one shape.
final class Models {
    private Models() {}

    private static ModelWriter writer(String format) {
        return switch (format) {
            case "safetensors" -> Safetensors.writer();
            case "gguf" -> Gguf.writer();
            case "onnx" -> Onnx.writer();
            case "pt" -> Checkpoints.writer();
            default -> throw new IllegalArgumentException(format);
        };
    }

    /// Writes a file whose name ends like its format. All bytes of tensor `i` are `i % 7`.
    static Path write(Path folder, String format, int tensors, Shape shape) throws IOException {
        Path file = folder.resolve("model." + format);
        ModelWriter writer = writer(format).options(WriteOptions.defaults().withSync(false));
        MemorySegment bytes = MemorySegment.ofArray(new byte[Math.toIntExact(ScalarType.F32.byteSize(shape))]);
        for (int i = 0; i < tensors; i++) {
            byte content = (byte) (i % 7);
            writer.add(TensorSource.deferred(
                    "layers." + i / 4 + ".block." + i % 4 + ".weight", ScalarType.F32, shape, sink -> {
                        bytes.fill(content);
                        sink.write(bytes);
                    }));
        }
        writer.write(file);
        return file;
    }
}
