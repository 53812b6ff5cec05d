package dev.modelfile.gguf;

import dev.modelfile.ModelFormat;
import dev.modelfile.contract.CorruptionContract;
import java.nio.file.Path;
import java.util.List;

/// What every reader promises about damaged files.
class GgufCorruptionTest extends CorruptionContract {
    @Override
    protected ModelFormat format() {
        return Gguf.FORMAT;
    }

    /// Both end with their last tensor: padding behind it may be missing, as llama.cpp allows.
    @Override
    protected List<Path> samples() {
        return List.of(Fixtures.path("pairs.gguf"), Fixtures.path("pairs-big-endian.gguf"));
    }
}
