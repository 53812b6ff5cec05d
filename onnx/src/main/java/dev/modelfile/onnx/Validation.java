package dev.modelfile.onnx;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.onnx.check.Checks;
import dev.modelfile.onnx.check.Problems;
import dev.modelfile.scan.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// All that can be said against a model.
final class Validation {
    private Validation() {}

    static List<Finding> findings(Path given, ReadOptions options) throws IOException {
        Problems problems = new Problems(given.toString(), true, false);
        try (OnnxFile model = ModelReader.read(OnnxFolder.fileOf(given), options, problems)) {
            Checks.run(model::walker, model.entries(), problems);
            return problems.findings();
        } catch (ModelFormatException broken) {
            List<Finding> findings = new ArrayList<>(problems.findings());
            findings.add(Finding.of(broken));
            return findings;
        }
    }
}
