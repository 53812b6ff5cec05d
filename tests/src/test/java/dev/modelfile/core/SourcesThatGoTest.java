package dev.modelfile.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Sources that are gone from their place, or closed, when their bytes are wanted.
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "Windows does not let go of files that are mapped")
final class SourcesThatGoTest {
    private static final int SMALL = 100;
    private static final int LARGE = 1 << 20;

    @TempDir
    private Path folder;

    private Path source = Path.of("");

    @BeforeEach
    void makeSource() throws IOException {
        source = Files.createDirectory(folder.resolve("in")).resolve("model.safetensors");
        ModelWriter writer = Safetensors.writer();
        for (int size : new int[] {SMALL, LARGE, SMALL + 1}) {
            writer.add(TensorSource.of("t" + size, Shape.of(size), numbers(size)));
        }
        writer.write(source);
    }

    private static float[] numbers(int size) {
        float[] numbers = new float[size];
        for (int i = 0; i < size; i++) {
            numbers[i] = i * 0.5F;
        }
        return numbers;
    }

    private void check(ModelWriter writer, String name) throws IOException {
        Path out = folder.resolve(name);
        writer.write(out);
        try (ModelFile model = ModelFile.open(out)) {
            assertEquals(3, model.tensors().size());
            for (var tensor : model.tensors()) {
                int size = Math.toIntExact(tensor.shape().elements());
                assertArrayEquals(numbers(size), tensor.toFloatArray());
            }
        }
    }

    /// What is handed to a sink was taken, even if the kernel copies it later together with what follows.
    @Test
    void aModelMayBeClosedAsSoonAsItsTensorIsWritten() throws IOException {
        ModelWriter writer = Safetensors.writer();
        for (int size : new int[] {SMALL, LARGE, SMALL + 1}) {
            writer.add(TensorSource.deferred("t" + size, ScalarType.F32, Shape.of(size), sink -> {
                try (ModelFile model = ModelFile.open(source)) {
                    model.tensor("t" + size).writeTo(sink);
                }
            }));
        }
        check(writer, "out.safetensors");
    }

    @Test
    void andItsFileDeleted() throws IOException {
        ModelWriter writer = Safetensors.writer();
        for (int size : new int[] {SMALL, LARGE, SMALL + 1}) {
            writer.add(TensorSource.deferred("t" + size, ScalarType.F32, Shape.of(size), sink -> {
                Path fetched = Files.copy(source, folder.resolve("fetched.safetensors"));
                try (ModelFile model = ModelFile.open(fetched)) {
                    Files.delete(fetched);
                    model.tensor("t" + size).writeTo(sink);
                }
            }));
        }
        check(writer, "out.safetensors");
    }

    /// Changes what is at the path of the source.
    @FunctionalInterface
    private interface Change {
        void of(Path path) throws Exception;
    }

    private void copiesAfter(Change change) throws Exception {
        try (ModelFile model = ModelFile.open(source)) {
            change.of(source);
            for (ScalarType type : new ScalarType[] {ScalarType.F32, ScalarType.F64}) {
                ModelWriter writer = Safetensors.writer();
                model.tensors().forEach(tensor -> writer.add(tensor.as(type)));
                Assertions.assertTimeoutPreemptively(
                        Duration.ofSeconds(30), () -> check(writer, type.name() + ".safetensors"));
            }
        }
    }

    @Test
    void theMappingHoldsWhatWasDeleted() throws Exception {
        copiesAfter(Files::delete);
    }

    @Test
    void theMappingHoldsWhatWasReplaced() throws Exception {
        copiesAfter(path -> Files.move(Files.write(folder.resolve("other"), new byte[1 << 23]), replace(path)));
    }

    private static Path replace(Path path) throws IOException {
        Files.delete(path);
        return path;
    }

    @Test
    void aLinkToItselfInItsPlace() throws Exception {
        copiesAfter(path -> Files.createSymbolicLink(replace(path), path));
    }

    @Test
    void aFolderInItsPlace() throws Exception {
        copiesAfter(path -> Files.createDirectory(replace(path)));
    }

    @Test
    void aFileInPlaceOfItsFolder() throws Exception {
        copiesAfter(path -> {
            Files.delete(path);
            Files.createFile(replace(folder.resolve("in")));
        });
    }

    /// Opening a pipe waits for who writes into it.
    @Test
    void aPipeInItsPlace() throws Exception {
        copiesAfter(path -> assertEquals(
                0,
                new ProcessBuilder("mkfifo", replace(path).toString())
                        .inheritIO()
                        .start()
                        .waitFor()));
    }
}
