package dev.modelfile.gguf;

import dev.modelfile.Metadata;
import dev.modelfile.ModelWriter;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.Value.Type;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A llama model with random weights that is just large enough for every block type.
public final class TinyLlama {
    private static final int WIDTH = 256;
    private static final int INNER = 512;
    private static final int LETTERS = 26;
    private static final int VOCABULARY = 3 + 256 + LETTERS;

    private TinyLlama() {}

    /// Writes the model in single precision.
    public static void write(Path path) throws IOException {
        ModelWriter writer = Gguf.writer().metadata(metadata());
        Random random = new Random(5);
        writer.add(matrix(random, "token_embd.weight", VOCABULARY, WIDTH))
                .add(matrix(random, "output.weight", VOCABULARY, WIDTH))
                .add(ones("output_norm.weight"));
        for (int i = 0; i < 2; i++) {
            String block = "blk." + i + ".";
            writer.add(ones(block + "attn_norm.weight"))
                    .add(ones(block + "ffn_norm.weight"))
                    .add(matrix(random, block + "attn_q.weight", WIDTH, WIDTH))
                    .add(matrix(random, block + "attn_k.weight", WIDTH / 2, WIDTH))
                    .add(matrix(random, block + "attn_v.weight", WIDTH / 2, WIDTH))
                    .add(matrix(random, block + "attn_output.weight", WIDTH, WIDTH))
                    .add(matrix(random, block + "ffn_gate.weight", INNER, WIDTH))
                    .add(matrix(random, block + "ffn_up.weight", INNER, WIDTH))
                    .add(matrix(random, block + "ffn_down.weight", WIDTH, INNER));
        }
        writer.write(path);
    }

    private static TensorSource ones(String name) {
        float[] values = new float[WIDTH];
        Arrays.fill(values, 1);
        return TensorSource.of(name, Shape.of(WIDTH), values);
    }

    private static TensorSource matrix(Random random, String name, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() * 0.05f;
        }
        return TensorSource.of(name, Shape.of(rows, columns), values);
    }

    private static Metadata metadata() {
        Map<String, Value> pairs = new LinkedHashMap<>();
        pairs.put("general.architecture", Value.of("llama"));
        pairs.put("general.name", Value.of("tiny"));
        pairs.put("llama.block_count", Value.u32(2));
        pairs.put("llama.context_length", Value.u32(128));
        pairs.put("llama.embedding_length", Value.u32(WIDTH));
        pairs.put("llama.feed_forward_length", Value.u32(INNER));
        pairs.put("llama.attention.head_count", Value.u32(4));
        pairs.put("llama.attention.head_count_kv", Value.u32(2));
        pairs.put("llama.attention.layer_norm_rms_epsilon", Value.f32(1e-5f));
        pairs.put("llama.rope.dimension_count", Value.u32(WIDTH / 4));
        pairs.put("llama.vocab_size", Value.u32(VOCABULARY));
        tokenizer(pairs);
        return Metadata.of(pairs);
    }

    /// A SentencePiece vocabulary: special tokens, all bytes, and the letters.
    private static void tokenizer(Map<String, Value> pairs) {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Value> scores = new ArrayList<>();
        List<Value> kinds = new ArrayList<>();
        for (int i = 0; i < 256; i++) {
            tokens.add("<0x%02X>".formatted(i));
        }
        for (char c = 'a'; c <= 'z'; c++) {
            tokens.add(String.valueOf(c));
        }
        for (int i = 0; i < VOCABULARY; i++) {
            scores.add(Value.f32(-i));
            kinds.add(new Value.Int(Type.I32, i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1));
        }
        pairs.put("tokenizer.ggml.model", Value.of("llama"));
        pairs.put("tokenizer.ggml.tokens", Value.strings(tokens));
        pairs.put("tokenizer.ggml.scores", Value.array(scores));
        pairs.put("tokenizer.ggml.token_type", Value.array(kinds));
        pairs.put("tokenizer.ggml.bos_token_id", Value.u32(1));
        pairs.put("tokenizer.ggml.eos_token_id", Value.u32(2));
        pairs.put("tokenizer.ggml.unknown_token_id", Value.u32(0));
    }
}
