package dev.modelfile.gguf.check;

import dev.modelfile.Metadata;
import dev.modelfile.Value;
import dev.modelfile.Value.Type;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Checks the keys that llama.cpp looks at: their types, and what they say of each other.
public final class KeyChecks {
    /// `LLAMA_MAX_LAYERS`.
    private static final long MAX_BLOCKS = 512;

    private static final Map<String, Set<Type>> GENERAL = Map.of(
            "general.architecture", Set.of(Type.STRING),
            "general.name", Set.of(Type.STRING),
            "general.type", Set.of(Type.STRING),
            "general.file_type", Set.of(Type.U32),
            "general.quantization_version", Set.of(Type.U32),
            "split.no", Set.of(Type.U16),
            "split.count", Set.of(Type.U16),
            "split.tensors.count", Set.of(Type.I32));
    private static final Map<String, Set<Type>> OF_ARCHITECTURE = Map.of(
            "block_count", Set.of(Type.U32),
            "context_length", Set.of(Type.U32),
            "embedding_length", Set.of(Type.U32),
            "feed_forward_length", Set.of(Type.U32, Type.ARRAY),
            "attention.head_count", Set.of(Type.U32, Type.ARRAY),
            "attention.head_count_kv", Set.of(Type.U32, Type.ARRAY),
            "attention.layer_norm_rms_epsilon", Set.of(Type.F32),
            "rope.freq_base", Set.of(Type.F32),
            "rope.dimension_count", Set.of(Type.U32),
            "expert_count", Set.of(Type.U32));

    private final Metadata metadata;
    private final List<Finding> findings;

    private KeyChecks(Metadata metadata, List<Finding> findings) {
        this.metadata = metadata;
        this.findings = findings;
    }

    /// Adds what is found.
    public static void check(Metadata metadata, List<Finding> findings) {
        KeyChecks checks = new KeyChecks(metadata, findings);
        GENERAL.forEach(checks::type);
        metadata.find("general.architecture").ifPresent(checks::architecture);
        checks.text();
    }

    private void architecture(Value name) {
        OF_ARCHITECTURE.forEach((key, types) -> type(name + "." + key, types));
        metadata.find(name + ".block_count").ifPresent(value -> {
            if (value instanceof Value.Int number && (number.bits() < 0 || number.bits() > MAX_BLOCKS)) {
                add(name + ".block_count", value + " blocks, llama.cpp has room for " + MAX_BLOCKS);
            }
        });
    }

    private void type(String key, Set<Type> types) {
        metadata.find(key).ifPresent(value -> {
            if (!types.contains(value.type())) {
                add(
                        key,
                        "is " + value.type() + ", llama.cpp wants "
                                + types.stream()
                                        .sorted()
                                        .map(Enum::name)
                                        .reduce((a, b) -> a + " or " + b)
                                        .orElse(""));
            }
        });
    }

    private void text() {
        metadata.entries().forEach((key, value) -> {
            if (value instanceof Value.Text text) {
                try {
                    text.strict();
                } catch (CharacterCodingException notText) {
                    findings.add(new Finding(Rules.NOT_UTF8, Severity.WARNING, place(key), -1, "is not UTF-8"));
                }
            }
        });
    }

    private void add(String key, String problem) {
        findings.add(new Finding(Rules.KEY_TYPE, Severity.WARNING, place(key), -1, problem));
    }

    private static String place(String key) {
        return "key \"" + Names.shown(key) + "\"";
    }
}
