package dev.modelfile.gguf;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.gguf.check.DataChecks;
import dev.modelfile.gguf.check.KeyChecks;
import dev.modelfile.gguf.check.Padding;
import dev.modelfile.gguf.check.TokenizerChecks;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.gguf.shard.ShardName;
import dev.modelfile.gguf.shard.Splits;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// Reports all that can be said of a file: the loader's verdict first, then what it accepts and what it does not see.
final class Validation {
    /// Beyond this many, findings about single tensors only cost memory.
    private static final int MOST = 10_000;

    private final Path path;
    private final ReadOptions options;
    private final List<Finding> findings = new ArrayList<>();

    private Validation(Path path, ReadOptions options) {
        this.path = path;
        this.options = options;
    }

    static List<Finding> findings(Path path, ReadOptions options) throws IOException {
        Validation validation = new Validation(path, options);
        // A later shard is one file among others here; the first one stands for the model.
        boolean alone = ShardName.of(path).map(name -> name.number() > 1).orElse(false);
        validation.run(alone);
        return validation.findings;
    }

    private void run(boolean alone) throws IOException {
        try (GgufFile model = open(alone, options.withStrict(false))) {
            verdict(alone, model.warnings());
            contents(model);
        } catch (ModelFormatException broken) {
            findings.add(Finding.of(broken));
        }
    }

    private GgufFile open(boolean alone, ReadOptions how) throws IOException {
        return alone ? ModelReader.readAlone(path, how) : ModelReader.read(path, how);
    }

    /// Where llama.cpp stops, if it does, then what else was noted.
    private void verdict(boolean alone, List<Finding> noted) throws IOException {
        Finding first = null;
        try (GgufFile strict = open(alone, options.withStrict(true))) {
            if (alone) {
                OptionalLong number = Splits.number(strict.metadata().entries(), Splits.NUMBER);
                findings.add(new Finding(
                        Rules.SHARD,
                        Severity.INFO,
                        "",
                        -1,
                        "shard " + (number.orElse(-1) + 1) + " of a model; the first shard stands for all"));
            }
        } catch (ModelFormatException refused) {
            for (Finding finding : noted) {
                if (first == null && finding.rule().equals(refused.rule())) {
                    first = finding;
                }
            }
            Severity severity = first == null ? Severity.ERROR : first.severity();
            findings.add(new Finding(
                    refused.rule(),
                    severity,
                    refused.where(),
                    refused.offset(),
                    "llama.cpp refuses the file here: " + refused.getMessage()));
        }
        for (Finding finding : noted) {
            if (finding != first) {
                findings.add(finding);
            }
        }
    }

    private void contents(GgufFile model) throws IOException {
        for (int i = 0; i < model.parts().size(); i++) {
            Padding.check(model.parts().get(i), model.headers().get(i), findings);
        }
        KeyChecks.check(model.metadata(), findings);
        TokenizerChecks.check(model.metadata(), findings);
        for (Tensor tensor : model.tensors()) {
            if (findings.size() < MOST) {
                DataChecks.notFinite(tensor).ifPresent(findings::add);
            }
        }
    }
}
