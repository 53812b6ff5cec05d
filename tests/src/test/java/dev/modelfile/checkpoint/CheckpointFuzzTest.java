package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Fixtures with a few changed bytes are read, or refused in the one way that is allowed.
final class CheckpointFuzzTest {
    private static final int ROUNDS = 60;

    @TempDir
    private Path folder;

    @Test
    void changedBytesGiveOneKindOfError() throws IOException {
        Random random = new Random(42);
        int refused = 0;
        int opened = 0;
        for (Path fixture : fixtures()) {
            byte[] original = Files.readAllBytes(fixture);
            for (int round = 0; round < ROUNDS; round++) {
                byte[] changed = change(original, random);
                Path path = Files.write(folder.resolve("x.pt"), changed);
                try {
                    read(path);
                    opened++;
                } catch (ModelFormatException expected) {
                    refused++;
                } catch (RuntimeException | Error escaped) {
                    throw new AssertionError(fixture + ", round " + round, escaped);
                }
                Samples.scan(changed);
            }
        }
        assertTrue(refused > 250 && opened > 250, refused + " refused, " + opened + " opened");
    }

    private static byte[] change(byte[] original, Random random) {
        byte[] changed = original.clone();
        int count = 1 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
            // Most of the structure is at the beginning and at the end.
            int at = random.nextInt(3) == 0
                    ? changed.length - 1 - random.nextInt(Math.min(changed.length, 200))
                    : random.nextInt(Math.min(changed.length, 2000));
            changed[at] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) (changed[at] + 1);
        }
        return changed;
    }

    private static void read(Path path) throws IOException {
        ReadOptions options =
                ReadOptions.defaults().withLimits(ReadLimits.defaults().withMaxHeapBytes(20 << 20));
        try (CheckpointFile file = Checkpoints.open(path, options)) {
            for (Tensor tensor : file.tensors()) {
                if (tensor.byteSize() < 1 << 16) {
                    tensor.sha256();
                }
            }
            assertTrue(file.metadata().toString() != null);
        }
    }

    private static List<Path> fixtures() throws IOException {
        try (Stream<Path> files = Files.list(Samples.PICKLES)) {
            return files.filter(f -> f.toString().matches(".*\\.(pt|ckpt|pkl)"))
                    .sorted()
                    .toList();
        }
    }
}
