package dev.modelfile.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Files that somebody cuts short while they are open fail with an exception that callers expect.
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows does not shorten files that are mapped")
final class ShortenedFilesTest {
    private static final int ELEMENTS = 1 << 16;

    @TempDir
    private Path folder;

    @FunctionalInterface
    private interface Use {
        void of(ModelFile model) throws IOException;
    }

    private void fails(int elements, Use use) throws IOException {
        Path file = folder.resolve("model.safetensors");
        Safetensors.writer()
                .add(TensorSource.of("t", Shape.of(elements), new float[elements]))
                .write(file);
        try (ModelFile model = ModelFile.open(file)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(100);
            }
            assertThrows(IOException.class, () -> use.of(model));
        }
        Files.delete(file);
        try (var left = Files.list(folder)) {
            assertArrayEquals(new Path[0], left.toArray(Path[]::new));
        }
    }

    private void write(ModelFile model, ScalarType type) throws IOException {
        ModelWriter writer = Safetensors.writer();
        writer.add(model.tensor("t").as(type)).write(folder.resolve("out.safetensors"));
    }

    @Test
    void copies() throws IOException {
        fails(ELEMENTS, model -> write(model, ScalarType.F32));
        fails(40 * ELEMENTS, model -> write(model, ScalarType.F32));
    }

    @Test
    void conversions() throws IOException {
        fails(ELEMENTS, model -> write(model, ScalarType.BF16));
        fails(8 * ELEMENTS, model -> write(model, ScalarType.BF16));
    }

    @Test
    void digests() throws IOException {
        fails(ELEMENTS, model -> assertEquals("", model.tensor("t").sha256()));
    }
}
