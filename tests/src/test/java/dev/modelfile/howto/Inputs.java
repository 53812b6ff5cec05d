package dev.modelfile.howto;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelWriter;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.Checkpoints;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.gguf.TinyLlama;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The files that the recipes begin with: small, of the structure that real ones have.
final class Inputs {
    private Inputs() {}

    static void make(Path folder) throws IOException {
        Files.copy(Fixtures.path("pickles/stable-diffusion.ckpt"), folder.resolve("sd.ckpt"));
        Files.copy(Fixtures.path("pickles/lightning.ckpt"), folder.resolve("training.ckpt"));
        Files.copy(Fixtures.path("onnx/net.onnx"), folder.resolve("classifier.onnx"));
        for (int i = 1; i <= 3; i++) {
            String shard = "shards-0000" + i + "-of-00003.gguf";
            Files.copy(Fixtures.path("gguf/" + shard), folder.resolve(shard));
        }
        copyFolder(Fixtures.path("checkpoints/sharded"), folder.resolve("shards"));
        copyFolder(Fixtures.path("pickles/sharded"), folder.resolve("bert"));
        small(folder.resolve("small.gguf"));
        tuned(folder.resolve("tuned.safetensors"));
        Safetensors.writer()
                .add(TensorSource.of("fc.weight", Shape.of(2, 32), floats(64, 0.5f)))
                .write(folder.resolve("weights.safetensors"));
        TinyLlama.write(folder.resolve("llama.gguf"));
        Checkpoints.writer()
                .add(TensorSource.of("fc.weight", Shape.of(2, 32), floats(64, 0.5f)))
                .write(Files.createDirectory(folder.resolve("uploads")).resolve("good.pt"));
        Files.write(folder.resolve("uploads/bad.ckpt"), "cos\nsystem\n(S'id'\ntR.".getBytes(StandardCharsets.US_ASCII));
        Gguf.writer()
                .metadata("general.architecture", "llama")
                .metadata("general.name", "theirs")
                .add(TensorSource.of("output_norm.weight", Shape.of(8), floats(8, 1)))
                .write(folder.resolve("chat.gguf"));
        Files.writeString(
                folder.resolve("chat.jinja"), "{{ bos_token }}{% for m in messages %}\n'\"\u00e9\" {% endfor %}");
    }

    static float[] floats(int count, float scale) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = scale * (i % 17 - 8);
        }
        return values;
    }

    private static void copyFolder(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(String.valueOf(file.getFileName())));
            }
        }
    }

    private static void small(Path path) throws IOException {
        Gguf.writer()
                .metadata("general.architecture", "llama")
                .metadata("llama.block_count", Value.u32(1))
                .add(TensorSource.of("blk.0.ffn_up.weight", Shape.of(4, 256), floats(1024, 0.125f))
                        .as(GgmlType.Q4_K))
                .add(TensorSource.of("blk.0.attn_norm.weight", Shape.of(8), floats(8, 1)))
                .write(path);
    }

    /// The weights of the classifier, doubled.
    private static void tuned(Path path) throws IOException {
        ModelWriter writer = Safetensors.writer();
        try (ModelFile model = ModelFile.open(Fixtures.path("onnx/net.onnx"))) {
            for (Tensor tensor : model.tensors()) {
                if (tensor.name().startsWith("w")) {
                    float[] values = tensor.toFloatArray();
                    for (int i = 0; i < values.length; i++) {
                        values[i] *= 2;
                    }
                    writer.add(TensorSource.of(tensor.name(), tensor.shape(), values));
                }
            }
            writer.write(path);
        }
    }
}
