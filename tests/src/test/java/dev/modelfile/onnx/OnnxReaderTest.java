package dev.modelfile.onnx;

import dev.modelfile.ModelFormat;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.contract.ReaderContract;
import java.util.List;

/// ONNX keeps the reader's promises.
final class OnnxReaderTest extends ReaderContract {
    @Override
    protected ModelFormat format() {
        return Onnx.FORMAT;
    }

    @Override
    protected List<Fixtures.Model> samples() {
        return Fixtures.models(path -> path.endsWith(".onnx"));
    }
}
