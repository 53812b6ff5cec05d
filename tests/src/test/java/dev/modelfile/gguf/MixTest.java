package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Value;
import dev.modelfile.gguf.mix.Fallback;
import dev.modelfile.gguf.mix.Mix;
import dev.modelfile.gguf.mix.Model;
import dev.modelfile.gguf.mix.Order;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The type selections of llama.cpp's own snapshots, tensor for tensor.
class MixTest {
    private record Row(String part, long length, long matrices) {}

    /// One snapshot: the model's numbers, its rows, and for every mix the tensors that differ from the default.
    private static final class Snapshot {
        final Map<String, String> facts = new LinkedHashMap<>();
        final List<Row> rows = new ArrayList<>();
        final Map<String, Map<String, String>> mixes = new LinkedHashMap<>();
        final Set<String> names = new TreeSet<>(Order.BY_LAYER);

        Snapshot(String name) throws IOException {
            Map<String, String> section = new TreeMap<>();
            for (String line : lines(name)) {
                String[] words = line.split(" ");
                if (words[0].equals("row")) {
                    rows.add(new Row(words[1], Long.parseLong(words[2]), Long.parseLong(words[3])));
                } else if (line.startsWith("[")) {
                    section = new TreeMap<>();
                    mixes.put(words[0].substring(1, words[0].length() - 1), section);
                } else if (line.contains("=")) {
                    facts.put(line.split("=")[0], line.split("=")[1]);
                } else {
                    for (String tensor : expand(words)) {
                        section.put(tensor, words[1]);
                        names.add(tensor);
                    }
                }
            }
        }

        private static List<String> lines(String name) throws IOException {
            try (InputStream in = MixTest.class.getResourceAsStream("/fixtures/mixes/" + name + ".txt")) {
                return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII)
                        .lines()
                        .toList();
            }
        }

        private static List<String> expand(String[] words) {
            if (words.length < 3) {
                return List.of(words[0]);
            }
            List<String> names = new ArrayList<>();
            for (String range : words[2].split(",")) {
                String[] ends = range.split("-");
                for (int i = Integer.parseInt(ends[0]); i <= Integer.parseInt(ends[ends.length - 1]); i++) {
                    names.add(words[0].replace("*", Integer.toString(i)));
                }
            }
            return names;
        }

        int number(String key) {
            return Integer.parseInt(facts.getOrDefault(key, "0"));
        }

        Shape shape(String tensor) {
            for (Row row : rows) {
                if (tensor.matches(".*(" + row.part() + ").*")) {
                    return row.matrices() == 1
                            ? Shape.of(64, row.length())
                            : Shape.of(row.matrices(), 64, row.length());
                }
            }
            return Shape.of(64, number("n_embd"));
        }

        Model model() {
            String architecture = facts.getOrDefault("architecture", "");
            Metadata metadata = Metadata.of(Map.of(
                    "general.architecture",
                    Value.of(architecture),
                    architecture + ".block_count",
                    Value.u32(number("n_layer")),
                    architecture + ".expert_count",
                    Value.u32(number("n_expert")),
                    architecture + ".attention.head_count",
                    Value.u32(number("n_head")),
                    architecture + ".attention.head_count_kv",
                    Value.u32(number("n_head_kv"))));
            return Model.of(metadata, names);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "qwen3-0.6b",
                "meta-llama-3.1-70b-instruct",
                "deepseek-v3.1",
                "gpt-oss-120b",
                "nvidia-nemotron-3-nano-30b-a3b",
                "qwen3-coder-next"
            })
    void choosesWhatLlamaCppChooses(String name) throws IOException {
        Snapshot snapshot = new Snapshot(name);
        assertEquals(33, snapshot.mixes.size());
        snapshot.mixes.forEach((mixName, expected) -> {
            FileType target = FileType.named(mixName).orElseThrow();
            Map<String, String> chosen = new TreeMap<>();
            Mix mix = new Mix(target, snapshot.model(), false);
            for (String tensor : snapshot.names) {
                DType type = target.base();
                if (type instanceof GgmlType) {
                    Shape shape = snapshot.shape(tensor);
                    type = Fallback.of(mix.next(tensor, shape), shape, tensor);
                }
                if (type != target.base()) {
                    chosen.put(tensor, type.name().toLowerCase(Locale.ROOT));
                }
            }
            Map<String, String> lower = new TreeMap<>();
            expected.forEach((tensor, type) -> lower.put(tensor, type.toLowerCase(Locale.ROOT)));
            assertEquals(lower, chosen, mixName);
        });
    }

    @Test
    void rowsThatFitNothingBecomeHalfPrecision() {
        assertEquals(GgmlType.Q5_0, Fallback.of(GgmlType.Q4_K, Shape.of(2, 96), "x"));
        assertEquals(ScalarType.F16, Fallback.of(GgmlType.Q4_K, Shape.of(2, 33), "x"));
        assertEquals(ScalarType.F16, Fallback.of(GgmlType.Q8_0, Shape.of(2, 33), "x"));
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class, () -> Fallback.of(GgmlType.Q1_0, Shape.of(2, 96), "odd.weight"));
        assertTrue(refused.toString().contains("odd.weight"), refused.toString());
    }
}
