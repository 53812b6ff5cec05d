package dev.modelfile.gguf;

import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Writes a model with the vocabulary of a large tokenizer and few, tiny tensors.
public final class LargeVocabulary {
    /// Tokens of the largest vocabularies in use.
    public static final int TOKENS = 256_000;
    /// Their merges.
    public static final int MERGES = 280_000;

    private LargeVocabulary() {}

    /// Writes the file: about 15 MB.
    public static void write(Path path) throws IOException {
        List<String> tokens = new ArrayList<>(TOKENS);
        for (int i = 0; i < TOKENS; i++) {
            tokens.add("\u2581" + Integer.toString(i * 7919, 36));
        }
        List<String> merges = new AbstractList<>() {
            @Override
            public String get(int index) {
                return tokens.get(index % TOKENS) + " " + tokens.get((index + 1) % TOKENS);
            }

            @Override
            public int size() {
                return MERGES;
            }
        };
        List<Value> scores = new ArrayList<>(TOKENS);
        for (int i = 0; i < TOKENS; i++) {
            scores.add(Value.f32(-i));
        }
        List<Value> types = new ArrayList<>(TOKENS);
        for (int i = 0; i < TOKENS; i++) {
            types.add(new Value.Int(Value.Type.I32, i % 7));
        }
        var writer = Gguf.writer()
                .metadata("general.architecture", "llama")
                .metadata("tokenizer.ggml.tokens", Value.strings(tokens))
                .metadata("tokenizer.ggml.scores", Value.array(scores))
                .metadata("tokenizer.ggml.token_type", Value.array(types))
                .metadata("tokenizer.ggml.merges", Value.strings(merges));
        for (int i = 0; i < 300; i++) {
            writer.add(TensorSource.of("blk." + i + ".attn_norm.weight", Shape.of(8), new float[8]));
        }
        // Large enough to go into a sidecar.
        for (int i = 0; i < 3; i++) {
            float[] values = new float[1024];
            Arrays.fill(values, i);
            writer.add(TensorSource.of("blk." + i + ".ffn_norm.weight", Shape.of(values.length), values));
        }
        writer.write(path);
    }
}
