package dev.modelfile.safetensors;

import dev.modelfile.ModelFormat;
import dev.modelfile.contract.CorruptionContract;
import dev.modelfile.contract.Fixtures;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Safetensors keeps the promises about damaged files.
final class SafetensorsCorruptionTest extends CorruptionContract {
    @Override
    protected ModelFormat format() {
        return Safetensors.FORMAT;
    }

    @Override
    protected List<Path> samples() {
        return Stream.of("numpy-types", "names", "empty", "six-bit", "only-metadata", "unpadded")
                .map(name -> Fixtures.path("safetensors/" + name + ".safetensors"))
                .toList();
    }
}
