package dev.modelfile.gguf;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.gguf.check.DataChecks;
import dev.modelfile.gguf.check.KeyChecks;
import dev.modelfile.gguf.check.Padding;
import dev.modelfile.gguf.check.TokenizerChecks;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.gguf.shard.GgufFolder;
import dev.modelfile.gguf.shard.ShardName;
import dev.modelfile.gguf.shard.Splits;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

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
        try {
            Validation validation = new Validation(GgufFolder.fileOf(path), options.withStrict(false));
            return validation.all();
        } catch (ModelFormatException noModel) {
            return List.of(Finding.of(noModel));
        }
    }

    private List<Finding> all() throws IOException {
        try {
            run();
        } catch (ModelFormatException broken) {
            findings.add(Finding.of(broken));
        }
        return findings;
    }

    private void run() throws IOException {
        // A later shard is one file among others here; the first one stands for the model.
        boolean alone = ShardName.of(path).map(name -> name.number() > 1).orElse(false);
        MalformedModelException refusal = refusal(alone);
        try (GgufFile model = alone ? ModelReader.readAlone(path, options) : ModelReader.read(path, options)) {
            if (alone) {
                OptionalLong number = Splits.number(model.metadata().entries(), Splits.NUMBER);
                note(Severity.INFO, "shard " + (number.orElse(-1) + 1) + " of a model; the first shard stands for all");
            }
            verdict(refusal, model.warnings());
            contents(model);
        } catch (ModelFormatException unreadable) {
            unreadable(refusal, unreadable);
        }
    }

    private @Nullable MalformedModelException refusal(boolean alone) throws IOException {
        try {
            if (alone) {
                LoaderVerdict.checkAlone(path, 0, options);
            } else {
                LoaderVerdict.check(path, options);
            }
            return null;
        } catch (MalformedModelException refused) {
            return refused;
        }
    }

    private void note(Severity severity, String message) {
        findings.add(new Finding(Rules.SHARD, severity, "", -1, message));
    }

    /// Where llama.cpp stops, if it does, as severe as what was noted about it; then what else was noted.
    private void verdict(@Nullable MalformedModelException refusal, List<Finding> noted) {
        Finding same = null;
        if (refusal != null) {
            same = noted.stream()
                    .filter(finding -> finding.rule().equals(refusal.rule()))
                    .findFirst()
                    .orElse(null);
            findings.add(refused(refusal, same == null ? Severity.ERROR : same.severity()));
        }
        for (Finding finding : noted) {
            if (finding != same) {
                findings.add(finding);
            }
        }
    }

    private static Finding refused(MalformedModelException refusal, Severity severity) {
        return new Finding(
                refusal.rule(),
                severity,
                refusal.where(),
                refusal.offset(),
                "llama.cpp refuses the file here: " + refusal.getMessage());
    }

    /// What cannot be read here; llama.cpp may take it, or stop earlier.
    private void unreadable(@Nullable MalformedModelException refusal, ModelFormatException unreadable) {
        if (refusal == null) {
            findings.add(new Finding(
                    unreadable.rule(),
                    Severity.ERROR,
                    unreadable.where(),
                    unreadable.offset(),
                    unreadable.getMessage() + "; llama.cpp takes the file all the same"));
            return;
        }
        if (!refusal.rule().equals(unreadable.rule()) && !refusal.rule().equals(Rules.MAGIC)) {
            findings.add(refused(refusal, Severity.ERROR));
        }
        findings.add(Finding.of(unreadable));
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
