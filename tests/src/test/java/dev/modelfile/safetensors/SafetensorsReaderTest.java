package dev.modelfile.safetensors;

import dev.modelfile.ModelFormat;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.contract.ReaderContract;
import java.util.List;

/// Safetensors keeps the reader's promises.
final class SafetensorsReaderTest extends ReaderContract {
    @Override
    protected ModelFormat format() {
        return Safetensors.FORMAT;
    }

    @Override
    protected List<Fixtures.Model> samples() {
        return Fixtures.models(path -> path.endsWith(".safetensors"));
    }
}
