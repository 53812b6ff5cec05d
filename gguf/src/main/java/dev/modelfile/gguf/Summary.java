package dev.modelfile.gguf;

import dev.modelfile.Metadata;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The facts that people look for first.
final class Summary {
    private final GgufFile model;
    private final Metadata metadata;
    private final SequencedMap<String, Value> facts = new LinkedHashMap<>();

    private Summary(GgufFile model) {
        this.model = model;
        this.metadata = model.metadata();
    }

    static SequencedMap<String, Value> of(GgufFile model) {
        Summary summary = new Summary(model);
        summary.file();
        summary.weights();
        model.architecture().ifPresent(summary::hyperparameters);
        summary.tokenizer();
        return summary.facts;
    }

    private void file() {
        copy("name", "general.name");
        copy("architecture", "general.architecture");
        copy("kind", "general.type");
        facts.put("version", Value.u32(model.version()));
        if (model.byteOrder() == ByteOrder.BIG_ENDIAN) {
            facts.put("byte order", Value.of("big-endian"));
        }
        facts.put("alignment", Value.of(model.alignment()));
    }

    private void weights() {
        long elements = 0;
        long bytes = 0;
        Map<String, Long> counts = new TreeMap<>();
        for (Tensor tensor : model.tensors()) {
            // Sums only for display: a hostile file may make them wrap, nothing depends on them.
            elements += tensor.shape().elements();
            bytes += tensor.byteSize();
            counts.merge(tensor.dtype().name(), 1L, Long::sum);
        }
        if (elements <= 0) {
            return;
        }
        facts.put("parameters", Value.of(elements));
        facts.put("size label", Value.of(sizeLabel(elements)));
        double bits = 8.0 * bytes / elements;
        facts.put("bits per weight", Value.of(Math.round(bits * 100) / 100.0));
        metadata.find("general.file_type")
                .filter(Value.Int.class::isInstance)
                .map(value -> ((Value.Int) value).bits())
                .ifPresent(id -> facts.put(
                        "file type", Value.of(FileType.byId(id).map(Enum::name).orElse("unknown, " + id))));
        String types = counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
        facts.put("tensor types", Value.of(types));
    }

    /// As gguf-py labels sizes: at most three digits.
    private static String sizeLabel(long elements) {
        String[] units = {"K", "M", "B", "T"};
        double scaled = elements / 1e3;
        int unit = 0;
        while (unit < units.length - 1 && scaled > 1e3) {
            scaled /= 1e3;
            unit++;
        }
        int digits = Math.max(2 - Long.toString(Math.round(scaled)).length(), 0);
        return String.format(Locale.ROOT, "%." + digits + "f%s", scaled, units[unit]);
    }

    private void hyperparameters(String architecture) {
        copy("context length", architecture + ".context_length");
        copy("embedding length", architecture + ".embedding_length");
        copy("blocks", architecture + ".block_count");
        copy("feed-forward length", architecture + ".feed_forward_length");
        copy("heads", architecture + ".attention.head_count");
        copy("key-value heads", architecture + ".attention.head_count_kv");
        copy("experts", architecture + ".expert_count");
        copy("experts used", architecture + ".expert_used_count");
    }

    private void tokenizer() {
        copy("tokenizer", "tokenizer.ggml.model");
        copy("pre-tokenizer", "tokenizer.ggml.pre");
        metadata.find("tokenizer.ggml.tokens")
                .flatMap(value -> value instanceof Value.Array array ? Optional.of(array.size()) : Optional.empty())
                .ifPresent(size -> facts.put("vocabulary", Value.of(size)));
        metadata.find("tokenizer.chat_template")
                .ifPresent(template -> facts.put("chat template", Value.of(template instanceof Value.Text)));
    }

    private void copy(String label, String key) {
        metadata.find(key).ifPresent(value -> facts.put(label, value));
    }
}
