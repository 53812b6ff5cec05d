package dev.modelfile.gguf;

import dev.modelfile.ModelWriter;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The models and importance matrices of `make_quantized.py`, byte for byte.
final class NumbersLlama {
    private static final int WIDTH = 256;
    private static final int VOCABULARY = 32;
    private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

    private final Map<String, int[]> columns = new LinkedHashMap<>();
    private final ModelWriter writer = Gguf.writer();
    private long count;

    private NumbersLlama() {}

    /// Writes a model and its importance matrix.
    static void write(Path model, Path importance, int layers, int inner, int experts) throws IOException {
        NumbersLlama numbers = new NumbersLlama();
        numbers.metadata(layers, inner, experts);
        numbers.tensors(layers, inner, experts);
        numbers.writer.write(model);
        importance(importance, numbers.columns);
    }

    private float[] take(int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            long x = count++ * GOLDEN_RATIO;
            x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
            x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
            x ^= x >>> 31;
            values[i] = ((x >>> 40) - (1 << 23)) * 0x1p-26f;
        }
        return values;
    }

    private void metadata(int layers, int inner, int experts) {
        writer.metadata("general.architecture", "llama");
        number("block_count", layers);
        number("context_length", 128);
        number("embedding_length", WIDTH);
        number("feed_forward_length", inner);
        number("attention.head_count", 8);
        number("attention.head_count_kv", 2);
        number("rope.dimension_count", 32);
        number("vocab_size", VOCABULARY);
        writer.metadata("llama.attention.layer_norm_rms_epsilon", Value.f32(0x1p-16f))
                .metadata("general.file_type", Value.u32(0));
        if (experts > 0) {
            number("expert_count", experts);
            number("expert_used_count", 2);
        }
        writer.metadata("general.name", "numbers");
    }

    private void number(String key, int value) {
        writer.metadata("llama." + key, Value.u32(value));
    }

    private void matrix(String name, int... dims) {
        int size = Arrays.stream(dims).reduce(1, Math::multiplyExact);
        long[] shape = Arrays.stream(dims).asLongStream().toArray();
        writer.add(TensorSource.of(name, Shape.of(shape), take(size)));
        columns.put(name, new int[] {dims.length > 2 ? dims[0] : 1, dims[dims.length - 1]});
    }

    private void norm(String name) {
        float[] ones = new float[WIDTH];
        Arrays.fill(ones, 1);
        writer.add(TensorSource.of(name, Shape.of(WIDTH), ones));
    }

    private void tensors(int layers, int inner, int experts) {
        matrix("token_embd.weight", VOCABULARY, WIDTH);
        norm("output_norm.weight");
        matrix("output.weight", VOCABULARY, WIDTH);
        for (int i = 0; i < layers; i++) {
            String block = "blk." + i + ".";
            norm(block + "attn_norm.weight");
            norm(block + "ffn_norm.weight");
            matrix(block + "attn_q.weight", WIDTH, WIDTH);
            matrix(block + "attn_k.weight", WIDTH / 4, WIDTH);
            matrix(block + "attn_v.weight", WIDTH / 4, WIDTH);
            matrix(block + "attn_output.weight", WIDTH, WIDTH);
            if (experts > 0) {
                matrix(block + "ffn_gate_inp.weight", experts, WIDTH);
                matrix(block + "ffn_gate_exps.weight", experts, inner, WIDTH);
                matrix(block + "ffn_up_exps.weight", experts, inner, WIDTH);
                matrix(block + "ffn_down_exps.weight", experts, WIDTH, inner);
            } else {
                matrix(block + "ffn_gate.weight", inner, WIDTH);
                matrix(block + "ffn_up.weight", inner, WIDTH);
                matrix(block + "ffn_down.weight", WIDTH, inner);
            }
        }
    }

    private static void importance(Path path, Map<String, int[]> columns) throws IOException {
        NumbersLlama numbers = new NumbersLlama();
        Map<String, ImportanceMatrix.Entry> entries = new LinkedHashMap<>();
        columns.forEach((name, size) -> {
            if (!name.equals("token_embd.weight")) {
                float[] sums = numbers.take(size[0] * size[1]);
                for (int i = 0; i < sums.length; i++) {
                    sums[i] = Math.abs(sums[i]) + 0x1p-20f;
                }
                float[] counts = new float[size[0]];
                Arrays.fill(counts, 24);
                if (counts.length > 1) {
                    counts[0] = 0;
                }
                entries.put(name, new ImportanceMatrix.Entry(sums, counts));
            }
        });
        new ImportanceMatrix(entries, List.of("numbers"), 3, 512).write(path, WriteOptions.defaults());
    }
}
