package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.contract.Python;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A storage of more than 4 GiB, and one behind it, in a file that is sparse.
final class LargeCheckpointTest {
    private static final long ELEMENTS = (5L << 30) / 4;

    @TempDir
    private Path folder;

    /// Carries out a plan but leaves the large storage as a hole.
    private Path sparse() throws IOException {
        TensorSource large =
                TensorSource.deferred("large", dev.modelfile.ScalarType.F32, Shape.of(ELEMENTS), sink -> {});
        WritePlan plan = Checkpoints.writer()
                .add(large)
                .add(TensorSource.of("behind", Shape.of(2), 1f, 2f))
                .plan(folder.resolve("large.pt"));
        Path path = folder.resolve("large.pt");
        WritePlan.File file = plan.files().get(0);
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            for (WritePlan.Section section : file.sections()) {
                channel.position(section.offset());
                section.content().writeTo(bytes -> dev.modelfile.io.Segments.write(bytes, channel));
            }
        }
        assertEquals(file.size(), Files.size(path));
        return path;
    }

    @Test
    void isReadAndLoads() throws IOException, InterruptedException {
        Path path = sparse();
        try (CheckpointFile file = Checkpoints.open(path)) {
            Tensor large = file.tensor("large");
            assertEquals(ELEMENTS * 4, large.byteSize());
            float[] last = new float[1];
            large.readInto(ELEMENTS - 1, last, 0, 1);
            assertEquals(0f, last[0]);
            assertTrue(file.tensor("behind").offset().orElseThrow() > 5L << 30);
            assertArrayEquals(new float[] {1, 2}, file.tensor("behind").toFloatArray());
            MemorySegment all = large.segment();
            assertEquals(5L << 30, all.byteSize());
            assertEquals(java.util.List.of(), file.warnings());
        }
        Python.needs("torch");
        String script = "import sys, torch\nd = torch.load(sys.argv[1], weights_only=True, mmap=True)\n"
                + "print(d['large'].shape[0], float(d['large'][-1]), d['behind'].tolist())";
        assertEquals(ELEMENTS + " 0.0 [1.0, 2.0]\n", Python.run(script, path.toString()));
    }
}
