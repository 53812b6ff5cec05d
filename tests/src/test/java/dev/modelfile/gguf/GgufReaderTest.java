package dev.modelfile.gguf;

import dev.modelfile.ModelFormat;
import dev.modelfile.contract.Fixtures.Model;
import dev.modelfile.contract.ReaderContract;
import java.util.List;

/// What every reader promises, for files of gguf-py.
class GgufReaderTest extends ReaderContract {
    @Override
    protected ModelFormat format() {
        return Gguf.FORMAT;
    }

    @Override
    protected List<Model> samples() {
        return dev.modelfile.contract.Fixtures.models(path -> path.startsWith("gguf/"));
    }
}
