package dev.modelfile.onnx;

import dev.modelfile.ModelFormat;
import dev.modelfile.contract.CorruptionContract;
import java.nio.file.Path;
import java.util.List;

/// ONNX keeps the promises about damaged files.
final class OnnxCorruptionTest extends CorruptionContract {
    @Override
    protected ModelFormat format() {
        return Onnx.FORMAT;
    }

    @Override
    protected List<Path> samples() {
        return List.of(OnnxFixtures.path("sites.onnx"), OnnxFixtures.path("types-typed.onnx"));
    }

    @Override
    protected boolean toleratesTruncation() {
        // A model that is cut between two fields is a shorter model.
        return true;
    }
}
