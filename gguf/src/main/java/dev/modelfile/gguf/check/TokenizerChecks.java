package dev.modelfile.gguf.check;

import dev.modelfile.Metadata;
import dev.modelfile.Value;
import dev.modelfile.Value.Type;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Checks the tokenizer's tables against each other, and what chat templates reach for.
public final class TokenizerChecks {
    private static final String PREFIX = "tokenizer.ggml.";
    private static final String TEMPLATE = "tokenizer.chat_template";
    private static final Map<String, Type> TABLES =
            Map.of("tokens", Type.STRING, "scores", Type.F32, "token_type", Type.I32, "merges", Type.STRING);

    /// Ways out of a Jinja template that is rendered without a sandbox. `namespace`, `loop` and the like are harmless.
    private static final Pattern ESCAPES =
            Pattern.compile("__\\w+__|\\|\\s*attr\\b|\\battr\\s*\\(|\\bpopen\\b|\\bos\\.[a-z]"
                    + "|\\bsubprocess\\b|\\bbuiltins\\b|\\bimportlib\\b|\\b(?:eval|exec|compile|getattr)\\s*\\("
                    + "|\\{%-?\\s*(?:include|import|from|extends)\\b|\\b(?:cycler|joiner|lipsum|self)\\s*\\.\\s*_");

    private final Metadata metadata;
    private final List<Finding> findings;

    private TokenizerChecks(Metadata metadata, List<Finding> findings) {
        this.metadata = metadata;
        this.findings = findings;
    }

    /// Adds what is found.
    public static void check(Metadata metadata, List<Finding> findings) {
        TokenizerChecks checks = new TokenizerChecks(metadata, findings);
        TABLES.forEach(checks::table);
        checks.lengths();
        checks.specialTokens();
        checks.templates();
    }

    private Optional<Value.Array> array(String name) {
        return metadata.find(PREFIX + name)
                .flatMap(value -> value instanceof Value.Array array ? Optional.of(array) : Optional.empty());
    }

    private void table(String name, Type elements) {
        metadata.find(PREFIX + name).ifPresent(value -> {
            boolean right = value instanceof Value.Array array
                    && (array.elementType() == elements
                            || name.equals("token_type") && array.elementType() == Type.U32);
            if (!right) {
                add(Rules.KEY_TYPE, PREFIX + name, "is not an array of " + elements);
            }
        });
    }

    private void lengths() {
        Optional<Value.Array> tokens = array("tokens");
        for (String name : List.of("scores", "token_type")) {
            Optional<Value.Array> other = array(name);
            if (tokens.isPresent()
                    && other.isPresent()
                    && other.get().size() != tokens.get().size()) {
                add(
                        Rules.TOKENIZER,
                        PREFIX + name,
                        other.get().size() + " entries vs " + tokens.get().size() + " tokens");
            }
        }
    }

    private void specialTokens() {
        long tokens = array("tokens").map(Value.Array::size).orElse(Long.MAX_VALUE);
        metadata.entries().forEach((key, value) -> {
            if (!key.startsWith(PREFIX) || !key.endsWith("_token_id")) {
                return;
            }
            if (!(value instanceof Value.Int number) || number.type() != Type.U32) {
                add(Rules.KEY_TYPE, key, "is " + value.type() + ", llama.cpp wants U32");
            } else if (number.bits() >= tokens && number.bits() != 0xFFFF_FFFFL) {
                add(Rules.TOKENIZER, key, "token " + number + " vs " + tokens + " tokens in the vocabulary");
            }
        });
    }

    private void templates() {
        metadata.entries().forEach((key, value) -> {
            if (!key.startsWith(TEMPLATE)) {
                return;
            }
            if (value instanceof Value.Text) {
                template(key, value.toString());
            } else if (value instanceof Value.Array array && array.elementType() == Type.STRING) {
                // The first is enough: one finding for each of millions would fill the memory.
                boolean found = false;
                for (long i = 0; i < array.size() && !found; i++) {
                    found = template(key, array.get(i).toString());
                }
            }
        });
    }

    private boolean template(String key, String text) {
        Matcher matcher = ESCAPES.matcher(text);
        boolean found = matcher.find();
        if (found) {
            findings.add(new Finding(
                    Rules.TEMPLATE,
                    Severity.DANGER,
                    "key \"" + Names.shown(key) + "\"",
                    -1,
                    "the template reaches for Python internals at character " + matcher.start() + ": "
                            + Names.shown(matcher.group())));
        }
        return found;
    }

    private void add(String rule, String key, String problem) {
        findings.add(new Finding(rule, Severity.WARNING, "key \"" + Names.shown(key) + "\"", -1, problem));
    }
}
